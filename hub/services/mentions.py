"""Order numbers written in a text, found so that they become links to the order as it was when they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from hub.database import Reading
from hub.phone_words import phones_in
from hub.repositories import orders as sql
from hub.services.company import company

_LONGEST_TEXT = 20_000
# An address of a page is shorter; what is longer is no text for people.
_LONGEST_RUN = 300
_MOST_CANDIDATES = 100
_MOST_MENTIONS = 50

# Numbers as shops write them: “10492”, “#1001”, “AB-10492”, “2026/00123”; also as the end of a link to the order.
# Most texts hold no number, and most words no digit: they are passed over at once.
_SOME_DIGITS = re.compile(r"[0-9]\S{0,8}[0-9]\S{0,8}[0-9]")
_DIGIT_AHEAD = r"(?<![A-Za-z0-9])(?=[A-Za-z\-_/.]{0,20}[0-9])"
_RUN = re.compile(_DIGIT_AHEAD + r"[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+)*")
_PART = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_PIECE = re.compile(r"[A-Za-z0-9]+")
_LENGTHS = range(4, 21)
_FEWEST_DIGITS = 3


class Mention(msgspec.Struct, frozen=True):
    """An order named in a text, at the version it had then. Without a place it was named in the subject."""

    source: str
    number: str
    version: int
    start: int | None
    end: int | None


class _Candidate(msgspec.Struct, frozen=True):
    number: str
    start: int
    end: int


def mentions(rd: Reading, text: str, subject: str = "") -> list[Mention]:
    """The orders that are named in a message. One statement, and none where nothing looks like a number."""
    in_text, in_subject = _candidates(text), _candidates(subject)
    numbers = {spelling for candidate in in_text + in_subject for spelling in _spellings(candidate.number)}
    if not numbers:
        return []
    orders: dict[str, list[Any]] = {}
    for row in rd.all(sql.numbered, numbers=sorted(numbers)):
        orders.setdefault(row.number, []).append(row)
    if not orders:
        return []
    linked = list(_linked(rd, text, in_text, orders))
    seen = {(mention.source, mention.number) for mention in linked}
    for mention in _linked(rd, subject, in_subject, orders):
        if (mention.source, mention.number) not in seen:
            seen.add((mention.source, mention.number))
            linked.append(msgspec.structs.replace(mention, start=None, end=None))
    return linked[:_MOST_MENTIONS]


def _candidates(text: str) -> list[_Candidate]:
    found: dict[str, None] = {}
    candidates: list[_Candidate] = []
    if _SOME_DIGITS.search(text, 0, _LONGEST_TEXT) is None:
        return candidates
    for run in _RUN.finditer(text, 0, _LONGEST_TEXT):
        for candidate in _of_run(run):
            if len(found) >= _MOST_CANDIDATES and candidate.number not in found:
                continue
            found[candidate.number] = None
            candidates.append(candidate)
    return candidates


def _of_run(run: re.Match[str]) -> Iterator[_Candidate]:
    """The run itself and what it is made of, longest first: “orders/AB-10492” is also “AB-10492” and “10492”."""
    if run.end() - run.start() > _LONGEST_RUN:
        return
    told: set[tuple[int, int]] = set()
    for pattern in (_RUN, _PART, _PIECE):
        for part in pattern.finditer(run.string, run.start(), run.end()):
            if part.span() not in told and _may_be_a_number(part.group()):
                told.add(part.span())
                yield _Candidate(part.group(), part.start(), part.end())


def _may_be_a_number(text: str) -> bool:
    return len(text) in _LENGTHS and sum(sign.isdigit() for sign in text) >= _FEWEST_DIGITS


def _spellings(number: str) -> tuple[str, ...]:
    return number, number.upper(), number.lower(), f"#{number}"


def _linked(rd: Reading, text: str, candidates: list[_Candidate], orders: dict[str, list[Any]]) -> Iterator[Mention]:
    """The candidates that are orders, without those inside another one or inside a phone number."""
    known = [(c, row) for c in candidates for spelling in _spellings(c.number) for row in orders.get(spelling, ())]
    if not known:
        return
    taken = _phone_places(text, company(rd).country)
    told: set[tuple[int, int, int]] = set()
    for candidate, row in known:
        inside = any(start <= candidate.start and candidate.end <= end for start, end in taken)
        place = (candidate.start, candidate.end, row.id)
        if inside and not any(place[:2] == other[:2] for other in told):
            continue
        if place not in told:
            told.add(place)
            taken.append((candidate.start, candidate.end))
            yield Mention(row.source, row.number, row.version, candidate.start, candidate.end)


def _phone_places(text: str, country: str) -> list[tuple[int, int]]:
    """Where phone numbers stand that are written as such; a bare run of digits may be an order's number."""
    return [
        (phone.start, phone.end)
        for phone in phones_in(text[:_LONGEST_TEXT], country)
        if text[phone.start] in "+(0" and not text[phone.start : phone.end].isdigit()
    ]
