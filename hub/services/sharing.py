"""Addresses that several people use, as a household's phone or a family's mailbox: by itself one identifies nobody."""

from __future__ import annotations

from typing import Any

from hub.database import Database, Transaction
from hub.errors import Conflict, Invalid, NotFound
from hub.repositories import identities as sql
from hub.security import Actor, authorize
from hub.services import identities
from hub.services.audit import record
from hub.services.customers import KnownEndpoint, known_endpoint


class NoSuchEndpoint(NotFound):
    """There is no such endpoint."""

    code = "no_such_endpoint"


class HeldByAnother(Conflict):
    """Another customer holds this address by now. Nothing was changed."""

    code = "held_by_another"


def share(tx: Transaction, actor: Actor, endpoint_id: int, shared: bool) -> KnownEndpoint:
    """Say that several people use an address, or that it is its holder's alone again."""
    endpoint = tx.first(sql.endpoint, endpoint_id=endpoint_id)
    if endpoint is None:
        raise NoSuchEndpoint
    if identities.hold_still(tx, endpoint.customer_id):
        endpoint = tx.one(sql.endpoint, endpoint_id=endpoint_id)
    if endpoint.shared != shared:
        _change(tx, actor, endpoint, shared)
    return known_endpoint(tx.one(sql.endpoint, endpoint_id=endpoint_id))


def _change(tx: Transaction, actor: Actor, endpoint: Any, shared: bool) -> None:
    place = {"kind": endpoint.kind, "scope": endpoint.scope, "address": endpoint.address}
    if not endpoint.held:
        raise Invalid("This address is only claimed: it identifies nobody as it is.")
    if not shared and tx.first(sql.holder, **place) is not None:
        raise HeldByAnother
    tx.run(sql.set_shared, endpoint_id=endpoint.id, shared=shared)
    identities.refresh(tx, endpoint.customer_id)
    identities.orders_change_hands(tx, endpoint.kind, endpoint.address)
    record(tx, "address_shared" if shared else "address_unshared", f"endpoint:{endpoint.id}", by=actor)
    tx.announce("address.shared", by=actor.id, customer=identities.root(tx, endpoint.customer_id).id)


class Sharing:
    """Flags addresses that several people use."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def share(self, actor: Actor, endpoint_id: int, shared: bool) -> KnownEndpoint:
        """Flag an address as shared, or no longer; the endpoint as it is then."""
        authorize(actor, "customers.write")
        return await self._db.unit(share, actor, endpoint_id, shared)
