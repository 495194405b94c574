"""A customer's whole conversation, read page by page from its beginning, to be printed or taken along."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import msgspec

from hub.clock import to_text
from hub.database import Database, Reading, Transaction
from hub.repositories import conversations as sql
from hub.repositories import requests as requests_sql
from hub.security import Actor, authorize
from hub.services import audit, orders
from hub.services.snapshot import Snapshot
from hub.views import CustomerView, EntryView, OrderView, RequestView

PAGE = 500

# Where in a timeline one is: (shown_at, id) of the last entry read.
Place = tuple[int, int]
BEGINNING: Place = (-(1 << 62), 0)


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before the entries: whose conversation it is, and what it is about."""

    made_at: str
    customer: CustomerView
    requests: list[RequestView]
    orders: list[OrderView]


def begin(tx: Transaction, snapshot: Snapshot, actor: Actor, customer_id: int) -> Export:
    """Who takes a conversation along is written down. Raises `NoSuchCustomer`."""
    shown = snapshot.customer_of(tx, customer=customer_id)
    customer = snapshot.customer(tx, shown)
    conversation_ids = [conversation.id for conversation in customer.conversations]
    requests = snapshot.requests(tx, tx.all(requests_sql.of_conversations, conversation_ids=conversation_ids))
    audit.record(tx, "conversation_exported", f"customer:{shown}", by=actor)
    return Export(
        made_at=to_text(tx.now),
        customer=customer,
        requests=requests,
        orders=orders.of_customers(tx, [shown, *customer.joined]),
    )


def page(
    rd: Reading, snapshot: Snapshot, conversation_ids: Sequence[int], after: Place
) -> tuple[list[EntryView], Place | None]:
    """The entries that follow a place, of several conversations as one timeline; None: that was the last page."""
    streams = [
        rd.all(sql.after, conversation_id=conversation_id, shown_at=after[0], entry_id=after[1], limit=PAGE)
        for conversation_id in conversation_ids
    ]
    merged = heapq.merge(*streams, key=lambda row: (row.shown_at, row.id))
    rows = [row for row, _ in zip(merged, range(PAGE), strict=False)]
    end = (rows[-1].shown_at, rows[-1].id) if len(rows) == PAGE else None
    return snapshot.entries(rd, rows), end


class Exports:
    """Reads conversations for those who may take them along."""

    def __init__(self, db: Database, snapshot: Snapshot) -> None:
        self._db = db
        self._snapshot = snapshot

    async def begin(self, actor: Actor, customer_id: int) -> Export:
        """Begin an export: everything but the entries. Raises `NoSuchCustomer`."""
        authorize(actor, "export")
        authorize(actor, "conversations.read")
        return await self._db.unit(begin, self._snapshot, actor, customer_id)

    async def page(self, export: Export, after: Place = BEGINNING) -> tuple[list[EntryView], Place | None]:
        """The entries after a place, oldest first, and the place from which to go on; None: there are no more."""
        conversation_ids = [conversation.id for conversation in export.customer.conversations]
        return await self._db.view(page, self._snapshot, conversation_ids, after)
