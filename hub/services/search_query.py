"""What somebody typed into the search field, as words to look for. Nothing that can be typed is an error."""

from __future__ import annotations

import re

import msgspec

from hub.phone_words import phone_starts
from hub.repositories.search import Alternative, Phrase, Term
from hub.words import words_of

# More was pasted by mistake; the first words of it are looked for.
_LONGEST = 500
_MOST_TERMS = 16
# The start of a word is looked for from here on; shorter ones are whole words.
_SHORTEST_START = 2

_QUOTES = str.maketrans(dict.fromkeys("“”„«»‟", '"'))
_TYPED = re.compile(
    r'"(?P<quoted>[^"]*)(?P<closed>"?)'
    r'|(?<![^\s"])(?P<number>\+?\(?\d[\d \t\u00a0().\-–/]*)(?![^\s"])'
    r'|(?P<word>[^\s"]+)'
)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """All of `terms` are wanted; `phones` are the starts of phone numbers that were typed."""

    terms: tuple[Term, ...] = ()
    phones: tuple[str, ...] = ()

    @property
    def phrases(self) -> list[Phrase]:
        return [phrase for term in self.terms for alternative in term for phrase in alternative]


def parse(typed: str, country: str) -> Query:
    """Words are all wanted, in any order; "words in quotes" in theirs; `star*` and the last word begin like this."""
    items = list(_TYPED.finditer(typed[:_LONGEST].translate(_QUOTES)))
    terms: list[Term] = []
    phones: list[str] = []
    for position, item in enumerate(items):
        last = position == len(items) - 1
        alternatives = [_as_written(item, last)]
        if item["number"]:
            starts = phone_starts(item["number"].strip(), country)
            phones += starts
            alternatives += [
                [Phrase((start,), True)] for start in starts if [Phrase((start,), True)] != alternatives[0]
            ]
        if alternatives[0] and alternatives not in terms:
            terms.append(alternatives)
    return Query(terms=tuple(terms[:_MOST_TERMS]), phones=tuple(phones))


def _as_written(item: re.Match[str], last: bool) -> Alternative:
    if item["number"]:
        chunks = item["number"].split()
        phrases = [_phrase(chunk, start=last and chunk is chunks[-1]) for chunk in chunks]
    elif item["word"]:
        phrases = [_phrase(item["word"], start=last or item["word"].endswith("*"))]
    else:
        phrases = [_phrase(item["quoted"], start=last and not item["closed"])]
    return [phrase for phrase in phrases if phrase.words]


def _phrase(text: str, *, start: bool) -> Phrase:
    words = tuple(words_of(text))
    return Phrase(words, start and bool(words) and len(words[-1]) >= _SHORTEST_START)
