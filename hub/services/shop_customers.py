"""Customers as the shop knows them: their verified addresses are held, the rest of what the shop says stands beside."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from hub.addresses import normalize
from hub.clock import to_datetime, to_ms
from hub.database import Database, Transaction
from hub.errors import Invalid
from hub.labels import LONGEST, is_label
from hub.repositories import identities as identities_sql
from hub.repositories import orders as orders_sql
from hub.repositories import shop_customers as sql
from hub.security import Actor, authorize
from hub.services import identities, joining, orders, search
from hub.services.company import company
from hub.services.identities import Arrival

_LONGEST_BODY = 64 * 1024
_MOST_ADDRESSES = 50


class BadShopCustomer(Invalid):
    """This customer makes no sense."""

    code = "bad_customer"


class _Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of what a shop says; unknown fields are refused."""


class ShopAddress(_Value, frozen=True, kw_only=True):
    """One address; `verified`: the shop vouches that it is this customer's."""

    kind: Literal["email", "phone"]
    address: str
    verified: bool = False


class ShopCustomer(_Value, frozen=True, kw_only=True):
    """A customer as the shop knows them at `updated_at`."""

    updated_at: datetime
    name: str = ""
    language: str = ""
    addresses: list[ShopAddress] = []
    loyalty: Any = None
    consent: Any = None
    segments: list[str] = []
    fields: dict[str, Any] = {}


class StoredCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """What we hold of them now. `customer_id` None: no address is verified, so they are nobody's yet."""

    source: str
    number: str
    customer_id: int | None
    customer: msgspec.Raw
    created: bool


# --- rules ---


def put(tx: Transaction, source: str, number: str, known: ShopCustomer) -> StoredCustomer:
    """Take over what the shop says at its `updated_at`; older news than ours, or the same, change nothing."""
    known, body = _checked(tx, source, number, known)
    updated_at = to_ms(known.updated_at)
    created = tx.first(sql.add, source=source, number=number, updated_at=updated_at, body=body) is not None
    row = tx.one(sql.lock, source=source, number=number)
    customer_id: int | None = row.customer_id
    if created or (updated_at >= row.updated_at and body != row.body):
        tx.run(sql.change, shop_customer_id=row.id, updated_at=updated_at, body=body)
        customer_id = _join(tx, row, number, known)
    else:
        body = row.body
    return StoredCustomer(
        source=source, number=number, customer_id=customer_id, customer=msgspec.Raw(body.encode()), created=created
    )


def _checked(tx: Transaction, source: str, number: str, known: ShopCustomer) -> tuple[ShopCustomer, str]:
    """What we keep, its addresses in their one spelling and its time in UTC; raises `BadShopCustomer`."""
    for name, text in (("source", source), ("number", number)):
        if not is_label(text):
            raise BadShopCustomer(f"The {name} must be 1 to {LONGEST} printable characters.", field=name)
    if len(known.addresses) > _MOST_ADDRESSES:
        raise BadShopCustomer(f"A customer may have {_MOST_ADDRESSES} addresses.")
    country = company(tx).country
    try:
        updated_at = to_datetime(to_ms(known.updated_at))
    except OverflowError as problem:
        raise BadShopCustomer("The time lies outside of what a calendar holds.") from problem
    known = msgspec.structs.replace(
        known,
        updated_at=updated_at,
        name=known.name.replace("\x00", "").strip(),
        language=known.language.replace("\x00", "").strip(),
        addresses=[
            ShopAddress(kind=a.kind, address=normalize(a.kind, a.address, country), verified=a.verified)
            for a in known.addresses
        ],
    )
    body = msgspec.json.encode(known).decode()
    if len(body) > _LONGEST_BODY:
        raise BadShopCustomer(f"A customer may take {_LONGEST_BODY // 1024} KB.")
    return known, body


def _join(tx: Transaction, row: Any, number: str, known: ShopCustomer) -> int | None:
    """Have the customer hold what is verified; without anything verified nobody is made."""
    vouched = [address for address in known.addresses if address.verified and not _is_shared(tx, address)]
    customer_id = row.customer_id
    if customer_id is None and vouched:
        customer_id = _holder(tx, vouched) or identities.arrive(tx, _arrival(vouched[0], known), "").customer_id
        tx.run(sql.link, shop_customer_id=row.id, customer_id=customer_id)
    if customer_id is None:
        return None
    for address in vouched:
        joining.prove(tx, customer_id, _arrival(address, known), "")
    shown = identities.root(tx, customer_id)
    if known.name and not shown.name:
        identities.rename(tx, shown.id, known.name)
    search.index_customer(tx, customer_id)
    identities.refresh(tx, customer_id)
    orders.touch_of_address(tx, orders_sql.NUMBER, number)
    tx.announce("customer.changed", customer=shown.id)
    return int(shown.id)


def _is_shared(tx: Transaction, address: ShopAddress) -> bool:
    """A shared address identifies nobody, whoever vouches for it."""
    return tx.first(identities_sql.shared_endpoint, kind=address.kind, scope="", address=address.address) is not None


def _holder(tx: Transaction, vouched: list[ShopAddress]) -> int | None:
    for address in vouched:
        holder = tx.first(identities_sql.holder, kind=address.kind, scope="", address=address.address)
        if holder is not None:
            return int(holder.customer_id)
    return None


def _arrival(address: ShopAddress, known: ShopCustomer) -> Arrival:
    return Arrival(
        kind=address.kind,
        address=address.address,
        name=known.name,
        language=known.language,
        proof="signed",
        method="shop",
    )


# --- methods ---


class ShopCustomers:
    """Customers as shops know them, for the API."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, actor: Actor, source: str, number: str, known: ShopCustomer) -> StoredCustomer:
        """Take over what the shop tells. Raises `BadShopCustomer` and `BadAddress`."""
        authorize(actor, "customers.write")
        return await self._db.unit(put, source, number, known)
