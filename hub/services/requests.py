"""Requests: one matter each, opened by rule, owned by somebody; every way in which one changes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hub.clock import to_ms
from hub.database import Database, Transaction
from hub.errors import Invalid, NotFound
from hub.repositories import requests as sql
from hub.security import Actor, authorize
from hub.services import answers, request_course, search
from hub.services.conversations import NewEntry, append
from hub.services.identities import group, hold_still_at, known, root
from hub.services.request_course import declared, with_clocks
from hub.services.request_lists import box_of, counted, rank_of
from hub.services.request_numbers import number_of

STATUSES = ("new", "open", "waiting_customer", "waiting_third_party", "ready_in_store", "resolved")
PRIORITIES = ("low", "normal", "urgent")

# The one place that says what a customer reads about the state of a request.
PUBLIC_STATUS = {
    "new": "New",
    "open": "In progress",
    "waiting_customer": "Waiting for you",
    "waiting_third_party": "Waiting for partner",
    "ready_in_store": "Ready for pickup",
    "resolved": "Solved",
}


class NoSuchRequest(NotFound):
    """There is no such request."""

    code = "no_such_request"


def public_status(request: Any) -> str:
    """What the customer reads: a colleague's words where there are any, else what the status says."""
    return str(request.status_text or PUBLIC_STATUS[request.status])


# --- change: the one way in which a request changes ---


def change(tx: Transaction, request: Any, **changes: Any) -> Any:
    """Write changes to a request and what they mean for its clocks. Returns it as it is then."""
    return write(tx, request, with_clocks(request, changes, tx.now))


def write(tx: Transaction, request: Any, changes: dict[str, Any]) -> Any:
    """Write changes to a request, move it between the lists and keep their counts. Returns it as it is then."""
    hidden = changes.pop("hidden", request.box == "hidden")
    if changes.get("status", request.status) == "resolved":
        changes |= {"snoozed_until": None, "unread": False}
    then = request._replace(**changes)
    changes |= {"box": box_of(then, hidden=hidden), "rank": rank_of(then)}
    fresh = {name: value for name, value in changes.items() if value != getattr(request, name)}
    changed = tx.one(sql.change(tuple(fresh)), request_id=request.id, **fresh)
    before, after = counted(request), counted(changed)
    if before != after:
        _count(tx, before, -1)
        _count(tx, after, +1)
    tx.touch("requests", request.id)
    return changed


def _count(tx: Transaction, lists: list[str], delta: int) -> None:
    for name in lists:
        tx.count(name, delta)


def open_request(
    tx: Transaction,
    conversation_id: int,
    *,
    subject: str = "",
    topic: str = "",
    owner_id: int | None = None,
    hidden: bool = False,
    backfilled: bool = False,
    opened_at: int | None = None,
) -> Any:
    """A new matter. Opened by rule it is no entry of its own."""
    now = tx.now if opened_at is None else opened_at
    values: dict[str, Any] = dict.fromkeys(sql.CHANGED) | {
        "subject": subject[:200],
        "topic": topic,
        "status": "resolved" if backfilled else "new",
        "status_text": "",
        "owner_id": owner_id,
        "priority": "normal",
        "store": "",
        "open_ms": 0,
        "open_since": None if backfilled else now,
        "resolved_at": now if backfilled else None,
        "last_at": now,
        "unread": False,
        "failed": 0,
    }
    opened = SimpleNamespace(**values)
    values |= {"box": box_of(opened, hidden=hidden), "rank": rank_of(opened)}
    request = tx.one(sql.add, conversation_id=conversation_id, opened_at=now, backfilled=backfilled, **values)
    _count(tx, counted(request), +1)
    index(tx, request)
    tx.touch("requests", request.id)
    tx.announce("request.opened", conversation=conversation_id)
    return request


def index(tx: Transaction, request: Any) -> None:
    """Make a request findable by its number and subject."""
    words = f"{number_of(request.id)} {request.subject} {request.topic}"
    search.index_thing(tx, "request", request.id, request.opened_at, words)


# --- by rule: what is said in it ---


def heard(tx: Transaction, request: Any, entry_id: int, at: int) -> Any:
    """The customer said something: it waits, is unread, wakes and reopens."""
    changes = request_course.heard(request, entry_id, at) | {"snoozed_until": None, "unread": True}
    changed = write(tx, request, with_clocks(request, changes, at))
    if request.status == "resolved":
        tx.announce("request.reopened", conversation=request.conversation_id)
    return changed


def noticed(tx: Transaction, request: Any, entry_id: int, at: int) -> Any:
    """Something joined the matter that nobody needs to answer: an automatic mail, history."""
    return change(tx, request, **request_course.noticed(request, entry_id, at))


def answered(tx: Transaction, request: Any, entry_id: int, agent_id: int | None, *, resolve: bool = False) -> Any:
    """A colleague answered: nobody waits; an unowned request becomes theirs."""
    changes = request_course.answered(request, entry_id, tx.now, resolve=resolve)
    return change(tx, request, **changes, **_theirs(request, agent_id))


def spoken(tx: Transaction, request: Any, entry_id: int, agent_id: int | None) -> Any:
    """A colleague spoke with the customer: nobody waits; an unowned request becomes theirs, and stays open."""
    return change(tx, request, **request_course.spoken(request, entry_id, tx.now), **_theirs(request, agent_id))


def _theirs(request: Any, agent_id: int | None) -> dict[str, Any]:
    return {"owner_id": request.owner_id if request.owner_id is not None else agent_id, "unread": False}


def failed_by(tx: Transaction, request_id: int | None, delta: int) -> None:
    """A delivery of this request failed (+1), or a failure was dealt with (-1)."""
    if request_id is None:
        return
    request = locked(tx, request_id)
    change(tx, request, failed=max(0, request.failed + delta))


def hide(tx: Transaction, conversation_ids: list[int], *, hidden: bool) -> int:
    """Take some of a customer's requests out of the inbox, or bring them back; how many: 0 when it is done."""
    found = tx.all(sql.some_shown if hidden else sql.some_hidden, conversation_ids=conversation_ids)
    for request in found:
        change(tx, request, hidden=hidden)
    return len(found)


def wake_due(tx: Transaction) -> int:
    """Bring back what was snoozed until now; how many."""
    due = tx.all(sql.due_snoozes, now=tx.now)
    for row in sorted(due, key=lambda row: (row.conversation_id, row.id)):
        request = locked(tx, row.id)
        if request.snoozed_until is None or request.snoozed_until > tx.now:
            # Another node woke it a moment ago.
            continue
        change(tx, request, snoozed_until=None, unread=True)
        tx.announce("request.woken", conversation=request.conversation_id)
    return len(due)


# --- by hand ---


def locked(tx: Transaction, request_id: int) -> Any:
    """The request as it is now, held still with all of its customer's until this unit ends."""
    request = tx.first(sql.request, request_id=request_id)
    if request is None:
        raise NoSuchRequest
    if hold_still_at(tx, request.conversation_id):
        request = tx.one(sql.request, request_id=request_id)
    return request


def named_or_last(tx: Transaction, customer_id: int, request_id: int | None) -> Any | None:
    """The request of this customer that is named, else the open one last spoken of."""
    conversation_ids = [member.conversation_id for member in group(tx, customer_id)]
    if request_id is None:
        rows = tx.all(sql.of_conversations, conversation_ids=conversation_ids)
        still = [row for row in rows if row.status != "resolved"]
        return max(still, key=lambda row: (row.last_at, row.id), default=None)
    request = locked(tx, request_id)
    if request.conversation_id not in conversation_ids:
        raise Invalid("This request is another customer's.")
    return request


def _event_entry(tx: Transaction, request: Any, actor: Actor, kind: str, details: dict[str, Any]) -> None:
    append(
        tx,
        NewEntry(
            conversation_id=request.conversation_id,
            kind=kind,
            author_kind="agent",
            author_id=actor.id,
            author_name=actor.name,
            request_id=request.id,
            automatic=True,
            details=details,
        ),
    )


def assign(tx: Transaction, actor: Actor, request_id: int, changes: dict[str, int | None]) -> int:
    """Give a request to a colleague or team (`owner_id`, `team_id`), or to nobody."""
    request = locked(tx, request_id)
    changed = change(tx, request, **changes)
    if (changed.owner_id, changed.team_id) != (request.owner_id, request.team_id):
        moved = {"from": request.owner_id, "to": changed.owner_id, "team": changed.team_id}
        _event_entry(tx, request, actor, "assignment", moved)
        tx.announce("request.assigned", by=actor.id, conversation=request.conversation_id)
    return request_id


def set_status(tx: Transaction, actor: Actor, request_id: int, status: str, status_text: str | None = None) -> int:
    """Give a request another status; `resolved` stops its clocks, anything else starts them again."""
    if status not in STATUSES:
        raise Invalid(f"There is no status “{status}”.")
    request = locked(tx, request_id)
    text = request.status_text if status_text is None else status_text
    change(tx, request, **declared(request, status), status_text=text)
    if status != request.status:
        _event_entry(tx, request, actor, "status", {"from": request.status, "to": status})
        kind = {"resolved": "request.resolved"}.get(status, "request.status_changed")
        if request.status == "resolved":
            kind = "request.reopened"
        tx.announce(kind, by=actor.id, conversation=request.conversation_id)
    return request_id


def snooze(tx: Transaction, actor: Actor, request_id: int, until: int | None) -> int:
    """Put a request away until a time; it also wakes when the customer writes."""
    if until is not None and until <= tx.now:
        raise Invalid("A request can only be snoozed until a time to come.")
    request = locked(tx, request_id)
    if request.status == "resolved":
        raise Invalid("A solved request waits for nothing; reopen it first.")
    change(tx, request, snoozed_until=until)
    tx.announce("request.snoozed" if until else "request.woken", by=actor.id, conversation=request.conversation_id)
    return request_id


def describe(tx: Transaction, actor: Actor, request_id: int, changes: dict[str, Any]) -> int:
    """Change subject, topic, priority, store or the public status text."""
    if changes.get("priority", "normal") not in PRIORITIES:
        raise Invalid(f"The priorities are {', '.join(PRIORITIES)}.")
    request = locked(tx, request_id)
    index(tx, change(tx, request, **changes))
    tx.announce("request.changed", by=actor.id, conversation=request.conversation_id)
    return request_id


def read(tx: Transaction, request_id: int) -> int:
    """Somebody has looked: it is no longer unread."""
    request = locked(tx, request_id)
    if request.unread:
        change(tx, request, unread=False)
        tx.announce("request.read", conversation=request.conversation_id)
    return request_id


def open_by_hand(
    tx: Transaction, actor: Actor, customer_id: int, subject: str, topic: str, key: str | None = None
) -> int:
    """A colleague opens a matter; they own it. The same key again is the same matter."""
    if not subject.strip():
        raise Invalid("A request needs a subject.")
    author, mark = f"agent:{actor.id}", f"open_request|{customer_id}|{subject}|{topic}"
    before = answers.before(tx, author, key, mark) if key else None
    if before is not None:
        return int(before)
    customer = root(tx, known(tx, customer_id))
    request = open_request(tx, customer.conversation_id, subject=subject.strip(), topic=topic, owner_id=actor.id)
    if key:
        answers.remember(tx, author, key, mark, request.id)
    return int(request.id)


class Requests:
    """What colleagues do with requests; each method is one unit, answered with the request's id."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def assign(self, actor: Actor, request_id: int, **changes: int | None) -> int:
        """`owner_id` and `team_id`, None for nobody."""
        authorize(actor, "requests.write")
        return await self._db.unit(assign, actor, request_id, changes)

    async def set_status(self, actor: Actor, request_id: int, status: str, status_text: str | None = None) -> int:
        authorize(actor, "requests.write")
        return await self._db.unit(set_status, actor, request_id, status, status_text)

    async def snooze(self, actor: Actor, request_id: int, until: Any) -> int:
        """`until` is an aware datetime, None to wake it."""
        authorize(actor, "requests.write")
        return await self._db.unit(snooze, actor, request_id, None if until is None else to_ms(until))

    async def describe(self, actor: Actor, request_id: int, **changes: Any) -> int:
        """`subject`, `topic`, `priority`, `store`, `status_text`."""
        authorize(actor, "requests.write")
        return await self._db.unit(describe, actor, request_id, changes)

    async def read(self, actor: Actor, request_id: int) -> int:
        authorize(actor, "conversations.read")
        return await self._db.unit(read, request_id)

    async def open(self, actor: Actor, customer_id: int, subject: str, topic: str = "", key: str | None = None) -> int:
        authorize(actor, "requests.write")
        return await self._db.unit(open_by_hand, actor, customer_id, subject, topic, key)

    async def wake_due(self) -> int:
        """Wake what was snoozed until now; how many. Called by the hub's timer, which finds nothing most times."""
        if not await self._db.view(lambda rd: rd.first(sql.due_snoozes, now=rd.now)):
            return 0
        return await self._db.unit(wake_due)
