"""What of an order's course is told in the conversation: each milestone once, to whoever the order surely belongs."""

from __future__ import annotations

from typing import Any

from hub.clock import to_text
from hub.database import Transaction
from hub.repositories import identities as identities_sql
from hub.repositories import orders as sql
from hub.services import conversations
from hub.services.identities import group, root

MILESTONES = frozenset(
    {"placed", "paid", "shipped", "delivered", "pickup", "picked_up", "returned", "refunded", "cancelled"}
)
# What the shop tells later than this is history: it is shown, and starts nothing.
_LATE_MS = 24 * 3_600_000


def reach(tx: Transaction, order: Any, *, told: bool) -> int | None:
    """Note the milestone an order is at; the conversation in which it was told, None when it was not.

    A milestone counts as reached even when nobody was told: it is not told late, as if it were new.
    """
    if order.status not in MILESTONES or tx.first(sql.reach, order_id=order.id, milestone=order.status) is None:
        return None
    conversation_id = _conversation_of(tx, order.id) if told else None
    if conversation_id is None:
        return None
    entry = conversations.append(
        tx,
        conversations.NewEntry(
            conversation_id=conversation_id,
            kind="order",
            author_kind="shop",
            author_name=order.source,
            provider_time=order.updated_at,
            automatic=True,
            backfilled=tx.now - order.updated_at > _LATE_MS,
            details={
                "source": order.source,
                "number": order.number,
                "milestone": order.status,
                "as_of": to_text(order.as_of),
            },
        ),
    )
    tx.run(sql.note_entry, order_id=order.id, milestone=order.status, entry_id=entry.id)
    return conversation_id


def _conversation_of(tx: Transaction, order_id: int) -> int | None:
    """The conversation of the first who holds an address of the order alone and with whom anything was ever said."""
    owners = [row.customer_id for row in tx.all(sql.by_address, order_ids=[order_id]) if row.held and not row.shared]
    owners += [row.customer_id for row in tx.all(sql.by_number, order_ids=[order_id])]
    for customer_id in dict.fromkeys(owners):
        if any(member.last_seq for member in group(tx, root(tx, customer_id).id)):
            return int(tx.one(identities_sql.customer, customer_id=customer_id).conversation_id)
    return None
