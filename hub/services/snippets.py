"""The piece of a text that shows why it was found, with the spans that match. Spans count code points."""

from __future__ import annotations

from collections.abc import Iterator

from hub.phone_words import phones_in
from hub.repositories.search import Phrase
from hub.services.search_query import Query
from hub.words import words_with_places

LENGTH = 180
_BEFORE = 50
_ONE_LINE = str.maketrans("\r\n\t", "   ")

Span = tuple[int, int]


def snippet(text: str, query: Query, country: str) -> tuple[str, list[Span]]:
    """About `LENGTH` characters around the first match, in one line, and the matches in them."""
    spans = _matches(text, query, country)
    start = _start(text, spans[0][0]) if spans else 0
    end = min(len(text), start + LENGTH)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    marks = [(s + shift, min(e, end) + shift) for s, e in spans if start <= s < end]
    return f"{before}{text[start:end].translate(_ONE_LINE)}{after}", marks


def _start(text: str, first: int) -> int:
    """A word's start, a little before the first match."""
    wanted = first - _BEFORE
    if wanted <= 0:
        return 0
    space = text.find(" ", wanted, first)
    return wanted if space < 0 else space + 1


def _matches(text: str, query: Query, country: str) -> list[Span]:
    found = set(_phrase_spans(text, query.phrases))
    if query.phones:
        found.update(
            (phone.start, phone.end)
            for phone in phones_in(text, country)
            if any(word.startswith(query.phones) for word in phone.words)
        )
    return _apart(sorted(found))


def _phrase_spans(text: str, phrases: list[Phrase]) -> Iterator[Span]:
    """Where one of the phrases stands. The usual phrase is one word, so a text is read once for all of them."""
    firsts = {phrase.words[0] for phrase in phrases}
    starts = tuple(phrase.words[0] for phrase in phrases if phrase.prefix and len(phrase.words) == 1)
    places = list(words_with_places(text))
    for position, (word, _, _) in enumerate(places):
        if word not in firsts and not word.startswith(starts):
            continue
        for phrase in phrases:
            here = places[position : position + len(phrase.words)]
            if _is(phrase, [w for w, _, _ in here]):
                yield here[0][1], here[-1][2]


def _is(phrase: Phrase, words: list[str]) -> bool:
    if len(words) < len(phrase.words) or tuple(words[:-1]) != phrase.words[:-1]:
        return False
    return words[-1].startswith(phrase.words[-1]) if phrase.prefix else words[-1] == phrase.words[-1]


def _apart(spans: list[Span]) -> list[Span]:
    """The same places without overlaps."""
    kept: list[Span] = []
    for start, end in spans:
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept
