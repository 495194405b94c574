"""What a colleague has written and not sent: one draft per customer and mode, seen by nobody else."""

from __future__ import annotations

import msgspec

from hub.database import Database, Transaction
from hub.errors import Invalid
from hub.repositories import drafts as sql
from hub.security import Actor, authorize
from hub.services.draft_body import DraftBody
from hub.services.identities import hold_still, known

MODES = ("reply", "note", "call", "first")
MAX_BODY = 200_000
EMPTY = "{}"


def _slot(customer_id: int | None, slot: str) -> str:
    return slot or ("" if customer_id is None else f"customer:{customer_id}")


def save(tx: Transaction, actor: Actor, customer_id: int | None, mode: str, body: DraftBody, slot: str) -> int:
    """Keep a draft; an empty text removes it. Returns its id."""
    if mode not in MODES:
        raise Invalid(f"A draft is one of {', '.join(MODES)}.")
    encoded = msgspec.json.encode(body).decode()
    if len(encoded) > MAX_BODY:
        raise Invalid("This draft is too long to be kept.")
    if customer_id is not None:
        # It shows the customer's name, which must not change meanwhile.
        hold_still(tx, known(tx, customer_id))
    return _put(tx, actor, customer_id, mode, slot, EMPTY if body.is_empty else encoded)


def _put(tx: Transaction, actor: Actor, customer_id: int | None, mode: str, slot: str, body: str) -> int:
    draft_id: int = tx.value(
        sql.save,
        agent_id=actor.id,
        customer_id=customer_id,
        mode=mode,
        slot=_slot(customer_id, slot),
        body=body,
        saved_at=tx.now,
        gone=body == EMPTY,
    )
    _tell(tx, actor, draft_id)
    return draft_id


def clear(tx: Transaction, actor: Actor, customer_id: int | None, mode: str, slot: str = "") -> None:
    """What was a draft has been sent."""
    row = tx.first(sql.by_slot, agent_id=actor.id, mode=mode, slot=_slot(customer_id, slot))
    if row is not None and not row.gone:
        _put(tx, actor, customer_id, mode, slot, EMPTY)


def _tell(tx: Transaction, actor: Actor, draft_id: int) -> None:
    audience = f"agent:{actor.id}"
    tx.touch("drafts", draft_id, audience=audience)
    tx.announce("draft.saved", by=actor.id, audience=audience)


class Drafts:
    """Saves drafts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def save(
        self, actor: Actor, mode: str, body: DraftBody, customer_id: int | None = None, slot: str = ""
    ) -> int:
        """Keep what a colleague has written so far; the draft's id."""
        authorize(actor, "console")
        return await self._db.unit(save, actor, customer_id, mode, body, slot)
