"""Orders as the shop tells them, mirrored with every version; whose they are is asked when somebody is looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from hub.addresses import normalize, same_or_none
from hub.clock import to_datetime, to_ms, to_text
from hub.database import Database, Reading, Transaction
from hub.errors import Invalid, NotFound
from hub.labels import LONGEST, is_label
from hub.ports.commerce import Order
from hub.repositories import orders as sql
from hub.security import Actor, authorize
from hub.services import milestones, search
from hub.services.company import company
from hub.services.identities import root
from hub.services.mentions import mentions
from hub.services.order_text import order_text
from hub.views import OrderView

__all__ = ["BadOrder", "NoSuchOrder", "Orders", "mentions", "of_customers", "put", "shown", "touch_of_address"]

# As many orders as a screen may list beside a conversation.
_MOST_SHOWN = 100
_LONGEST_ORDER = 256 * 1024
_NEWEST = 1 << 62
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")


class NoSuchOrder(NotFound):
    """There is no such order."""

    code = "no_such_order"


class BadOrder(Invalid):
    """This order makes no sense."""

    code = "bad_order"


class PutOrder(msgspec.Struct, frozen=True):
    """What became of an order that the shop told."""

    id: int
    created: bool
    changed: bool


# --- rules ---


def put(tx: Transaction, source: str, number: str, order: Order, *, imported: bool = False) -> PutOrder:
    """Take over an order as the shop knows it at its `updated_at`; older news than ours, or the same, change nothing.

    An import brings the past in: it tells nothing in any conversation.
    """
    order = checked(source, number, order)
    values = _values(tx, order)
    held = tx.first(sql.lock, source=source, number=number)
    if held is None:
        order_id = tx.value(sql.add, source=source, number=number, **values)
        if order_id is not None:
            _keep(tx, tx.one(sql.order, source=source, number=number), order, imported)
            return PutOrder(order_id, created=True, changed=True)
        # Another node was faster by a moment.
        held = tx.one(sql.lock, source=source, number=number)
    if values["updated_at"] < held.updated_at or values["body"] == held.body:
        return PutOrder(held.id, created=False, changed=False)
    tx.run(sql.change, order_id=held.id, **values)
    _keep(tx, tx.one(sql.order, source=source, number=number), order, imported)
    return PutOrder(held.id, created=False, changed=True)


def checked(source: str, number: str, order: Order) -> Order:
    """The order as we keep it, its times in UTC; raises `BadOrder`."""
    for name, text in (("source", source), ("number", number), ("status", order.status)):
        if not is_label(text):
            raise BadOrder(f"The {name} must be 1 to {LONGEST} printable characters.", field=name)
    if order.currency is not None and _CURRENCY.fullmatch(order.currency) is None:
        raise BadOrder("A currency is three capital letters (ISO 4217).", field="currency")
    try:
        return msgspec.structs.replace(
            order,
            updated_at=to_datetime(to_ms(order.updated_at)),
            placed_at=to_datetime(to_ms(order.placed_at)) if order.placed_at else None,
        )
    except OverflowError as problem:
        raise BadOrder("A time lies outside of what a calendar holds.") from problem


def _values(tx: Transaction, order: Order) -> dict[str, Any]:
    body = msgspec.json.encode(order).decode()
    if len(body) > _LONGEST_ORDER:
        raise BadOrder(f"An order may take {_LONGEST_ORDER // 1024} KB.")
    return {
        "status": order.status,
        "updated_at": to_ms(order.updated_at),
        "as_of": tx.now,
        "placed_at": to_ms(order.placed_at) if order.placed_at else None,
        "body": body,
    }


def _keep(tx: Transaction, row: Any, order: Order, imported: bool) -> None:
    """Everything that hangs on a new version: its copy, its addresses, its words, its milestone, its event."""
    tx.run(sql.add_version, order_id=row.id, version=row.version, as_of=row.as_of, body=row.body)
    addresses = _addresses(order, company(tx).country)
    tx.run(sql.drop_addresses, order_id=row.id)
    for kind, address in addresses:
        tx.run(sql.add_address, order_id=row.id, kind=kind, address=address, verified=order.verified)
    at = row.updated_at if row.placed_at is None else row.placed_at
    words = [order_text(row.number, order), *(address for _, address in addresses)]
    search.index_thing(tx, "order", row.id, at, "\n".join(words))
    conversation_id = milestones.reach(tx, row, told=not imported)
    if _is_somebodys(tx, row.id):
        tx.touch("orders", row.id)
    if not imported:
        tx.announce("order.placed" if row.version == 1 else "order.changed", conversation=conversation_id)


def _is_somebodys(rd: Reading, order_id: int) -> bool:
    """Whether any screen shows this order; most orders of an import are nobody's yet."""
    holders, claimants = _owners(rd, [order_id])
    return bool(holders or claimants)


def _addresses(order: Order, country: str) -> list[tuple[str, str]]:
    """The addresses an order was placed with, in their one spelling; what is none is left out."""
    customer, shipping = order.customer, order.shipping_address
    if shipping and shipping.country and _COUNTRY.fullmatch(shipping.country):
        country = shipping.country.upper()
    written = [
        ("email", customer and customer.email),
        ("phone", customer and customer.phone),
        ("phone", shipping and shipping.phone),
    ]
    found = [(kind, same_or_none(kind, text, country)) for kind, text in written if text]
    if customer and customer.number:
        found.append((sql.NUMBER, customer.number.strip()))
    return list(dict.fromkeys((kind, address) for kind, address in found if address and "\x00" not in address))


def of_customers(rd: Reading, customer_ids: Sequence[int]) -> list[OrderView]:
    """The orders of these customers, newest first: in full through what they hold, masked through a mere claim.

    What is claimed by them and held by somebody else is left out.
    """
    rows = rd.all(sql.of_customers, customer_ids=list(customer_ids), limit=_MOST_SHOWN)
    theirs = set(customer_ids)
    return [view for view in shown(rd, [row.id for row in rows]) if theirs.intersection(view.customer_ids)]


def shown(rd: Reading, order_ids: Sequence[int]) -> list[OrderView]:
    """These orders as screens show them, in this order. Without a holder an order is masked, whoever claims it."""
    return [view if held else masked(view) for view, held in _read(rd, order_ids)]


def masked(view: OrderView) -> OrderView:
    """Enough of an order to recognise it, nothing of what its buyer alone may know."""
    status = msgspec.json.decode(view.order, type=_Status)
    return msgspec.structs.replace(
        view, number=f"•••{view.number[-3:]}", order=msgspec.Raw(msgspec.json.encode(status)), masked=True
    )


class _Status(msgspec.Struct, frozen=True):
    status: str
    updated_at: str


def in_full(rd: Reading, order_ids: Sequence[int]) -> list[OrderView]:
    """These orders for those who may read any order; `customer_ids` are who holds their addresses."""
    return [view if held else msgspec.structs.replace(view, customer_ids=[]) for view, held in _read(rd, order_ids)]


def _read(rd: Reading, order_ids: Sequence[int]) -> list[tuple[OrderView, bool]]:
    rows = {row.id: row for row in rd.all(sql.by_ids, order_ids=list(order_ids))}
    holders, claimants = _owners(rd, order_ids)
    return [(_view(rows[i], holders.get(i) or claimants.get(i, [])), i in holders) for i in order_ids if i in rows]


def _owners(rd: Reading, order_ids: Sequence[int]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Per order: the customers on whose screens it shows, through what they hold and through what they claim."""
    holders: dict[int, list[int]] = {}
    claimants: dict[int, list[int]] = {}
    roots: dict[int, int] = {}
    rows = [(row.order_id, row.customer_id, row.held) for row in rd.all(sql.by_address, order_ids=list(order_ids))]
    rows += [(row.order_id, row.customer_id, True) for row in rd.all(sql.by_number, order_ids=list(order_ids))]
    for order_id, customer_id, held in rows:
        if customer_id not in roots:
            roots[customer_id] = root(rd, customer_id).id
        of_order = (holders if held else claimants).setdefault(order_id, [])
        if roots[customer_id] not in of_order:
            of_order.append(roots[customer_id])
    return holders, claimants


def _view(row: Any, customer_ids: list[int]) -> OrderView:
    return OrderView(
        id=row.id,
        version=row.version,
        source=row.source,
        number=row.number,
        customer_ids=sorted(customer_ids),
        as_of=to_text(row.as_of),
        order=msgspec.Raw(row.body.encode()),
        masked=False,
    )


def touch_of_address(tx: Transaction, kind: str, address: str) -> None:
    """Who holds this address changed, and with it whose the orders placed with it are."""
    tx.touch("orders", *(row.id for row in tx.all(sql.of_address, kind=kind, address=address, limit=_MOST_SHOWN)))


def order_of(rd: Reading, source: str, number: str) -> Any:
    """The row of one order; raises `NoSuchOrder`."""
    row = rd.first(sql.order, source=source, number=number)
    if row is None:
        raise NoSuchOrder
    return row


def _page(
    rd: Reading, source: str | None, email: str | None, phone: str | None, *, before: int, limit: int
) -> Sequence[Any]:
    if email is not None or phone is not None:
        kind, written = ("email", email) if email is not None else ("phone", phone)
        address = normalize(kind, written or "", company(rd).country)
        return rd.all(sql.page_of_address, kind=kind, address=address, before=before, limit=limit)
    if source is not None:
        return rd.all(sql.page_of_source, source=source, before=before, limit=limit)
    return rd.all(sql.page, before=before, limit=limit)


# --- methods ---


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands now, and whether this call made it."""

    order: OrderView
    created: bool


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some orders, newest first, and where the next page starts; `next` None: this is all."""

    orders: list[OrderView]
    next: int | None


class Orders:
    """Orders for the API, the console and the command line."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, actor: Actor, source: str, number: str, order: Order) -> Stored:
        """Take over what the shop tells. Raises `BadOrder`."""
        authorize(actor, "orders.write")

        def store(tx: Transaction) -> Stored:
            result = put(tx, source, number, order)
            return Stored(order=in_full(tx, [result.id])[0], created=result.created)

        return await self._db.unit(store)

    async def get(self, actor: Actor, source: str, number: str, *, beside: int | None = None) -> OrderView:
        """One order. Opened beside a customer who does not hold it, it is masked. Raises `NoSuchOrder`."""
        authorize(actor, "orders.read")

        def read(rd: Reading) -> OrderView:
            view = in_full(rd, [order_of(rd, source, number).id])[0]
            if beside is None or root(rd, beside).id in view.customer_ids:
                return view
            return masked(view)

        return await self._db.view(read)

    async def version(self, actor: Actor, source: str, number: str, version: int) -> OrderView:
        """An order as it was at one of its versions. Raises `NoSuchOrder`."""
        authorize(actor, "orders.read")

        def read(rd: Reading) -> OrderView:
            order_id = order_of(rd, source, number).id
            then = rd.first(sql.version, order_id=order_id, version=version)
            if then is None:
                raise NoSuchOrder("The order has no such version.")
            return msgspec.structs.replace(
                in_full(rd, [order_id])[0],
                version=then.version,
                as_of=to_text(then.as_of),
                order=msgspec.Raw(then.body.encode()),
            )

        return await self._db.view(read)

    async def list(
        self,
        actor: Actor,
        *,
        source: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Page:
        """Orders as they came in, newest first: all, of one source, or placed with one address."""
        authorize(actor, "orders.read")

        def read(rd: Reading) -> Page:
            before = _NEWEST if after is None else after
            rows = _page(rd, source, email, phone, before=before, limit=limit + 1)
            ids = [row.id for row in rows[:limit]]
            return Page(orders=in_full(rd, ids), next=ids[-1] if len(rows) > limit else None)

        return await self._db.view(read)
