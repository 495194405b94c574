"""Takes apart who was joined or taken for somebody: exactly, since joining moved nothing."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.addresses import SESSION_KINDS
from hub.database import Transaction
from hub.repositories import identities as sql
from hub.services import identities, joining, search


def unmerge(tx: Transaction, merged: Any) -> None:
    """Show a merged customer on a screen of their own again; `merged` is the row that says how they were joined."""
    tx.run(sql.merge_customer, customer_id=merged.customer_id, merged_into=None)
    tx.run(sql.undo_merge, merge_id=merged.id, undone_at=tx.now)
    joining.show_anew(tx, merged.customer_id)
    for parted in (merged.customer_id, merged.into_id):
        identities.refresh(tx, parted)
        identities.show_name(tx, parted)
    tx.announce("customer.unmerged", customer=identities.root(tx, merged.into_id).id)


def keep_apart(tx: Transaction, customer_id: int, other_id: int, evidence: list[str]) -> None:
    """These two are not the same person, which is remembered."""
    body = msgspec.json.encode(evidence).decode()
    tx.run(sql.keep_apart, customer_id=customer_id, other_id=other_id, evidence=body, verdict="not_same", at=tx.now)


def withdraw(tx: Transaction, endpoint: Any) -> None:
    """An endpoint is its customer's no more, and nobody else's yet. The row stays as the record of what was sent."""
    tx.run(
        sql.take_back,
        endpoint_id=endpoint.id,
        session=f"{identities.EVICTED}{endpoint.id}",
        assurance="claimed",
        method=identities.DISOWNED,
        proven_at=None,
    )
    if endpoint.held:
        rows = tx.all(sql.endpoints_of, customer_ids=[endpoint.customer_id])
        provisional = all(row.kind in SESSION_KINDS for row in rows if row.held)
        identities.set_provisional(tx, endpoint.customer_id, provisional=provisional)
    search.index_customer(tx, endpoint.customer_id)
    identities.orders_change_hands(tx, endpoint.kind, endpoint.address)
    identities.refresh(tx, endpoint.customer_id)
