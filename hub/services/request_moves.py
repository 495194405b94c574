"""An entry put under another request: both then read as if it had always been there. Moving it back undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hub.database import Database, Transaction
from hub.errors import Invalid, NotFound
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as deliveries_sql
from hub.repositories import identities as identities_sql
from hub.repositories import requests as sql
from hub.security import Actor, authorize
from hub.services import requests
from hub.services.identities import root
from hub.services.mentions import Mention
from hub.services.request_course import course

# These tell of the request itself.
_BOUND = frozenset({"assignment", "status"})


def move_entry(tx: Transaction, actor: Actor, entry_id: int, request_id: int) -> int:
    """Put an entry under another request of the same customer; its id."""
    target = requests.locked(tx, request_id)
    entry = tx.first(entries_sql.entry, entry_id=entry_id)
    if entry is None:
        raise NotFound("There is no such entry.")
    _check(tx, entry, target)
    if entry.request_id == request_id:
        return entry_id
    sources = [] if entry.request_id is None else [tx.one(sql.request, request_id=entry.request_id)]
    touched = [(request, tx.all(sql.entries_of, request_id=request.id)) for request in (*sources, target)]
    tx.run(entries_sql.move, entry_id=entry_id, request_id=request_id)
    failures = _failures(tx, entry_id)
    for request, before in touched:
        _read_anew(tx, request, before, failures if request.id == request_id else -failures)
    tx.touch("entries", entry_id)
    tx.announce("entry.moved", by=actor.id, conversation=entry.conversation_id)
    return entry_id


def _check(tx: Transaction, entry: Any, target: Any) -> None:
    if entry.kind in _BOUND:
        raise Invalid("What tells how a request went stays with it.")
    owners = [
        tx.one(identities_sql.customer_of_conversation, conversation_id=row.conversation_id) for row in (entry, target)
    ]
    if len({root(tx, owner.id).id for owner in owners}) > 1:
        raise Invalid("An entry can only be moved to a request of the same customer.")


def _failures(tx: Transaction, entry_id: int) -> int:
    """Deliveries of an entry that failed and that nobody has dealt with."""
    rows = tx.all(deliveries_sql.of_entries, entry_ids=[entry_id])
    followed = {row.follows_id for row in rows}
    return sum(row.state in {"failed", "uncertain"} and row.id not in followed for row in rows)


def _read_anew(tx: Transaction, request: Any, before: Sequence[Any], failures: int) -> None:
    """Change what of a request follows from its entries, as far as those of now make a difference."""
    after = tx.all(sql.entries_of, request_id=request.id)
    was, now = (msgspec.structs.asdict(course(request.opened_at, entries)) for entries in (before, after))
    changes = {name: value for name, value in now.items() if value != was[name]}
    # Whoever moves an entry has looked at it, so that nothing becomes unread by it.
    changes["unread"] = request.unread and now["waiting_since"] is not None
    requests.write(tx, request, changes | {"failed": max(0, request.failed + failures)})
    _relink(tx, request.id, _mentioned(before), _mentioned(after))


def _mentioned(entries: Sequence[Any]) -> set[tuple[str, str]]:
    return {(m.source, m.number) for row in entries for m in msgspec.json.decode(row.orders, type=list[Mention])}


def _relink(tx: Transaction, request_id: int, before: set[tuple[str, str]], after: set[tuple[str, str]]) -> None:
    for source, number in sorted(before - after):
        tx.run(sql.unlink_order, request_id=request_id, source=source, number=number)
    for source, number in sorted(after - before):
        tx.run(sql.link_order, request_id=request_id, source=source, number=number)


class RequestMoves:
    """Moves entries between the requests of a customer."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def move_entry(self, actor: Actor, entry_id: int, request_id: int) -> int:
        """Put an entry under another request; its id. Raises `NoSuchRequest`, and `Invalid` where it cannot belong."""
        authorize(actor, "requests.write")
        return await self._db.unit(move_entry, actor, entry_id, request_id)
