"""How a request goes on with what is said in it: pure rules, applied as it is said or read anew from its entries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

Changes = dict[str, Any]


def heard(request: Any, entry_id: int, at: int) -> Changes:
    """The customer said something: it waits and reopens."""
    return _last_words(request, entry_id, at) | {
        "status": "open" if request.status in {"resolved", "waiting_customer"} else request.status,
        "waiting_since": request.waiting_since if request.waiting_since is not None else at,
    }


def noticed(request: Any, entry_id: int, at: int) -> Changes:
    """Something joined the matter that nobody needs to answer: an automatic mail, history."""
    return _last_words(request, entry_id, at)


def answered(request: Any, entry_id: int, at: int, *, resolve: bool = False) -> Changes:
    """A colleague answered: nobody waits."""
    status = "waiting_customer" if request.status in {"new", "open"} else request.status
    first = request.first_response_at
    return _last_words(request, entry_id, at) | {
        "status": "resolved" if resolve else status,
        "waiting_since": None,
        "first_response_at": max(at, request.opened_at) if first is None else first,
    }


def spoken(request: Any, entry_id: int, at: int) -> Changes:
    """A colleague spoke with the customer: nobody waits; what was promised is still to do."""
    return answered(request, entry_id, at) | {"status": "open"}


def declared(request: Any, status: str) -> Changes:
    """A colleague said how it stands. Who waits for the customer does not keep them waiting."""
    return {"status": status, "waiting_since": None if status == "waiting_customer" else request.waiting_since}


def _last_words(request: Any, entry_id: int, at: int) -> Changes:
    return {"last_at": max(request.last_at, at), "last_entry_id": entry_id}


def with_clocks(request: Any, changes: Changes, at: int) -> Changes:
    """Changes with what a new status means for the clocks: that of the resolution runs while it is not solved."""
    status = changes.get("status", request.status)
    if status == request.status:
        return changes
    if status == "resolved":
        open_ms = request.open_ms + (at - request.open_since if request.open_since is not None else 0)
        return changes | {"open_ms": open_ms, "open_since": None, "resolved_at": at, "waiting_since": None}
    return changes | ({"open_since": at, "resolved_at": None} if request.status == "resolved" else {})


# --- read anew ---


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request follows from its entries. Who owns it, and until when it sleeps, colleagues decide."""

    status: str
    opened_at: int
    open_since: int | None
    last_at: int
    last_entry_id: int | None = None
    waiting_since: int | None = None
    first_response_at: int | None = None
    resolved_at: int | None = None
    open_ms: int = 0


def course(opened_at: int, entries: Iterable[Any]) -> Course:
    """Where a request stands that was opened then and has these entries, in the order of their arrival."""
    now = Course(status="new", opened_at=opened_at, open_since=opened_at, last_at=opened_at)
    for entry in entries:
        changes = with_clocks(now, _step(now, entry), entry.received_time)
        now = msgspec.structs.replace(now, **changes)
    return now


def _step(request: Course, entry: Any) -> Changes:
    at = entry.received_time
    details = msgspec.json.decode(entry.details)
    match entry.kind:
        case "status":
            return declared(request, details["to"])
        case "call" if entry.author_kind == "agent":
            return spoken(request, entry.id, at)
        case "message" if entry.author_kind == "agent" and "forwarded" not in details:
            return answered(request, entry.id, at, resolve=details.get("resolves", False))
        case "message" | "call":
            return (heard if _waits(entry, details) else noticed)(request, entry.id, at)
    return {}


def _waits(entry: Any, details: dict[str, Any]) -> bool:
    if entry.direction != "in" or entry.automatic or entry.backfilled:
        return False
    return entry.kind == "message" or is_missed(entry.direction, details.get("agent"), details.get("duration_s"))


def is_missed(direction: str, agent: str | None, duration_s: int | None) -> bool:
    """Whether a call is one that nobody took: its caller waits."""
    return direction == "in" and not agent and not duration_s
