"""Whether an answer was written without knowing what was said meanwhile."""

from __future__ import annotations

from typing import Any

from hub.database import Reading
from hub.errors import Conflict
from hub.repositories import conversations as entries_sql
from hub.security import Actor
from hub.services import identities


class Stale(Conflict):
    """Something was said since you looked. Nothing was sent."""

    code = "stale"


def missed(rd: Reading, actor: Actor, customer_id: int, base: dict[int, int], request: Any | None) -> list[int]:
    """Entries that the sender has not seen and must: what the customer or a colleague said, who now owns it."""
    members = identities.group(rd, customer_id)
    found: list[int] = []
    for member in members:
        if member.conversation_id in base:
            rows = rd.all(
                entries_sql.said_after, conversation_id=member.conversation_id, seq=base[member.conversation_id]
            )
        else:
            newest = _newest_seen(rd, members, base)
            rows = rd.all(entries_sql.said_since, conversation_id=member.conversation_id, entry_id=newest)
        found += [row.id for row in rows if not (row.author_kind == "agent" and row.author_id == actor.id)]
    if request is not None and request.owner_id not in (None, actor.id):
        found += _given_away(rd, actor, members, base, request)
    return sorted(dict.fromkeys(found))


def _newest_seen(rd: Reading, members: list[Any], base: dict[int, int]) -> int:
    seen = [
        rd.value(entries_sql.at_seq, conversation_id=member.conversation_id, seq=base[member.conversation_id])
        for member in members
        if member.conversation_id in base
    ]
    return max((entry_id for entry_id in seen if entry_id is not None), default=0)


def _given_away(rd: Reading, actor: Actor, members: list[Any], base: dict[int, int], request: Any) -> list[int]:
    row = rd.first(entries_sql.last_assignment, request_id=request.id)
    if row is None or row.author_id == actor.id:
        return []
    if row.conversation_id in base:
        return [row.id] if row.seq > base[row.conversation_id] else []
    return [row.id] if row.id > _newest_seen(rd, members, base) else []
