"""Spam, and what is no customer's (carriers, suppliers, newsletters): one click, learnt per address, undone by one."""

from __future__ import annotations

from hub.addresses import SESSION_KINDS
from hub.database import Database, Transaction
from hub.errors import Invalid
from hub.repositories import identities as sql
from hub.security import Actor, authorize
from hub.services import identities, requests
from hub.services.audit import record

KINDS = ("person", "spam", "not_customer")


def mark(tx: Transaction, actor: Actor, customer_id: int, kind: str) -> int:
    """Say what a customer is. Nothing is deleted; their requests leave the inbox, or come back."""
    if kind not in KINDS:
        raise Invalid(f"Somebody is one of {', '.join(KINDS)}.")
    identities.hold_still(tx, identities.known(tx, customer_id))
    shown = identities.root(tx, customer_id)
    members = identities.group(tx, shown.id)
    for endpoint in tx.all(sql.endpoints_of, customer_ids=[member.customer_id for member in members]):
        if not endpoint.held or endpoint.kind in SESSION_KINDS:
            continue
        if kind == "person":
            tx.run(sql.unmark, kind=endpoint.kind, address=endpoint.address)
        else:
            tx.run(sql.mark, kind=endpoint.kind, address=endpoint.address, mark=kind, agent_id=actor.id, at=tx.now)
    identities.set_kind(tx, shown.id, kind)
    requests.hide(tx, [member.conversation_id for member in members], hidden=kind != "person")
    record(tx, "customer_marked", f"customer:{shown.id}", by=actor, kind=kind)
    tx.announce("customer.marked", by=actor.id, customer=shown.id)
    return int(shown.id)


def sort_on(tx: Transaction, customer_id: int) -> int:
    """Take some more requests out of the inbox, or bring them back, as the customer is marked; how many."""
    identities.hold_still(tx, customer_id)
    shown = identities.root(tx, customer_id)
    conversation_ids = [member.conversation_id for member in identities.group(tx, shown.id)]
    return requests.hide(tx, conversation_ids, hidden=shown.kind != "person")


class Marks:
    """Marks customers as spam or as no customer, and back."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def mark(self, actor: Actor, customer_id: int, kind: str) -> int:
        """Mark a customer `person`, `spam` or `not_customer`; the customer's id."""
        authorize(actor, "customers.write")
        shown = await self._db.unit(mark, actor, customer_id, kind)
        # A newsletter may have hundreds, which are no one unit's work.
        while await self._db.unit(sort_on, shown):
            pass
        return shown
