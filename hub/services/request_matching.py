"""Which request a message goes on with, by its subject, the numbers in it and what was last spoken of."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import msgspec

from hub.database import Reading
from hub.errors import NotFound
from hub.repositories import requests as sql
from hub.services.request_numbers import id_of

DAY_MS = 86_400_000
# A follow-up of a solved matter reopens it for so long; later it is a new matter.
REOPENS_FOR_MS = 14 * DAY_MS
# Without a thread or subject of its own, a message belongs to the matter last spoken of, for so long.
SAME_MATTER_FOR_MS = 3 * DAY_MS

_PREFIX = re.compile(
    r"^\s*((re|aw|antw|sv|vs|vá|odp|rif|ref|res|fw|fwd|wg|tr|rv|enc|doorst|i|pd|vb|vl)(\[\d+\])?\s*:\s*)+", re.I
)
_NUMBER = re.compile(r"#\s?(\d{4,18})\b")


class Clues(msgspec.Struct, frozen=True, kw_only=True):
    """What in a message may say which matter it is about. None of it says who wrote it."""

    subject: str = ""
    request_ids: tuple[int, ...] = ()
    text: str = ""


def plain_subject(subject: str) -> str:
    """A subject without "Re:" and its kind in other languages."""
    return _PREFIX.sub("", subject).strip()


def for_message(rd: Reading, conversation_ids: list[int], clues: Clues) -> Any | None:
    """The request among this customer's own that a message goes on with; None: it is a new matter."""
    known = rd.all(sql.of_conversations, conversation_ids=conversation_ids)
    for request_id in [*clues.request_ids, *_numbers_in(f"{clues.subject}\n{clues.text}")]:
        named = next((request for request in known if request.id == request_id), None)
        if named is not None and _goes_on(rd.now, named):
            return named
    candidates = [request for request in known if request.status != "resolved"]
    if clues.subject:
        plain = plain_subject(clues.subject).casefold()
        return next((r for r in candidates if plain_subject(r.subject).casefold() == plain), None)
    recent = [request for request in candidates if rd.now - request.last_at <= SAME_MATTER_FOR_MS]
    return max(recent, key=lambda request: (request.last_at, request.id), default=None)


def _numbers_in(words: str) -> list[int]:
    """The requests that a customer names by number, as in “about #10042”."""
    numbers = []
    for written in list(_NUMBER.findall(words))[:10]:
        with contextlib.suppress(NotFound):
            numbers.append(id_of(written))
    return numbers


def _goes_on(now: int, request: Any) -> bool:
    return request.status != "resolved" or now - (request.resolved_at or 0) <= REOPENS_FOR_MS
