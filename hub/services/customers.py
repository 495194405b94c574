"""Customers as programs find and read them: every address with how well it is proven, claims marked as such."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hub.addresses import normalize
from hub.clock import to_text
from hub.database import Database, Reading
from hub.errors import Invalid, Malformed
from hub.repositories import customers as sql
from hub.repositories import identities as identities_sql
from hub.repositories import orders as orders_sql
from hub.repositories import requests as requests_sql
from hub.security import Actor, authorize
from hub.services import orders, search
from hub.services.company import company
from hub.services.identities import NoSuchCustomer, group, root
from hub.services.snapshot import Snapshot
from hub.views import CustomerView, OrderView, RequestView

_MOST_OF_AN_ORDER = 100


class KnownEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a customer. `held` False: somebody only said that it is theirs."""

    id: int
    kind: str
    address: str
    scope: str
    held: bool
    assurance: str
    method: str
    proven_at: str | None
    shared: bool


class KnownCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer with all that belongs to them, also through those who were merged into them."""

    customer: CustomerView
    conversation_id: int
    last_seq: int
    merged_into: int | None
    endpoints: list[KnownEndpoint]
    requests: list[RequestView]
    orders: list[OrderView]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """By what to find customers: one of these, or nothing for all of them."""

    email: str | None = None
    phone: str | None = None
    order: str | None = None
    q: str | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some customers, and where the next page starts; `next` None: this is all."""

    customers: list[KnownCustomer]
    next: int | None


# --- rules ---


def known(rd: Reading, snapshot: Snapshot, customer_id: int) -> KnownCustomer:
    """One customer, whole; raises `NoSuchCustomer`."""
    row = rd.first(identities_sql.customer, customer_id=customer_id)
    if row is None:
        raise NoSuchCustomer
    members = group(rd, customer_id)
    ids = [member.customer_id for member in members]
    matters = rd.all(requests_sql.of_conversations, conversation_ids=[member.conversation_id for member in members])
    return KnownCustomer(
        customer=snapshot.customer(rd, customer_id),
        conversation_id=row.conversation_id,
        last_seq=row.last_seq,
        merged_into=None if row.merged_into is None else root(rd, customer_id).id,
        endpoints=_endpoints(rd, ids),
        requests=snapshot.requests(rd, [row for row in matters if row.status != "resolved"]),
        orders=orders.of_customers(rd, ids),
    )


def _endpoints(rd: Reading, customer_ids: list[int]) -> list[KnownEndpoint]:
    rows = rd.all(identities_sql.endpoints_of, customer_ids=customer_ids)
    # A session without a scope stands for mail that was filed apart: nothing can be sent there.
    return [known_endpoint(row) for row in rows if row.kind != "session" or row.scope]


def known_endpoint(row: Any) -> KnownEndpoint:
    """An endpoint as programs are told of it."""
    return KnownEndpoint(
        id=row.id,
        kind=row.kind,
        address=row.shown or row.address,
        scope=row.scope,
        held=row.held,
        assurance=row.assurance,
        method=row.method,
        proven_at=None if row.proven_at is None else to_text(row.proven_at),
        shared=row.shared,
    )


Ids = tuple[list[int], int | None]


def _find(rd: Reading, wanted: Wanted, after: int | None, limit: int) -> Ids:
    if wanted.email is not None:
        return _at_address(rd, "email", wanted.email, after, limit)
    if wanted.phone is not None:
        return _at_address(rd, "phone", wanted.phone, after, limit)
    if wanted.order is not None:
        return _of_order(rd, wanted.order), None
    if wanted.q is not None:
        ids, more = search.customers_found(rd, wanted.q, after, limit)
        return _shown(rd, ids), more
    return _cut([row.id for row in rd.all(sql.page, after=after or 0, limit=limit + 1)], limit)


def _at_address(rd: Reading, kind: str, written: str, after: int | None, limit: int) -> Ids:
    """Whoever holds the address first, then those who only said that it is theirs."""
    address = normalize(kind, written, company(rd).country)
    first = rd.all(sql.holders, kind=kind, address=address) if after is None else []
    claims = rd.all(sql.claimants, kind=kind, address=address, after=after or 0, limit=limit + 1)
    more = claims[limit - 1].id if len(claims) > limit else None
    return _shown(rd, [row.customer_id for row in [*first, *claims[:limit]]]), more


def _of_order(rd: Reading, number: str) -> list[int]:
    rows = rd.all(orders_sql.numbered, numbers=[number, number.upper(), f"#{number}"])
    found = orders.in_full(rd, [row.id for row in rows][:_MOST_OF_AN_ORDER])
    return list(dict.fromkeys(customer_id for view in found for customer_id in view.customer_ids))


def _shown(rd: Reading, customer_ids: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(root(rd, customer_id).id for customer_id in customer_ids))


def _cut(ids: list[int], limit: int) -> Ids:
    return ids[:limit], ids[limit - 1] if len(ids) > limit else None


# --- methods ---


class Customers:
    """Finds and reads customers for the API."""

    def __init__(self, db: Database, snapshot: Snapshot) -> None:
        self._db = db
        self._snapshot = snapshot

    async def read(self, actor: Actor, customer_id: int) -> KnownCustomer:
        """One customer, also one who was merged into another. Raises `NoSuchCustomer`."""
        authorize(actor, "customers.read")
        return await self._db.view(known, self._snapshot, customer_id)

    async def find(self, actor: Actor, wanted: Wanted, *, after: int | None = None, limit: int = 20) -> Page:
        """Customers at an address, of an order, by words, or all. Finding somebody tells nothing to anybody else."""
        authorize(actor, "customers.read")
        if sum(value is not None for value in msgspec.structs.astuple(wanted)) > 1:
            raise Invalid("Look for one of email, phone, order and q at a time.")
        if after is not None and after < 0:
            raise Malformed("This is not a place in the list that we gave out.")

        def read(rd: Reading) -> Page:
            ids, more = _find(rd, wanted, after, limit)
            return Page(customers=[known(rd, self._snapshot, i) for i in ids], next=more)

        if wanted.q is not None:
            await search.index_if_possible(self._db)
        return await self._db.view(read)
