"""What the shop tells about orders: its order book's past, and the orders that the story's people speak of."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from connectors.commerce.demo import BUYERS, CATALOGUE, order_book
from demo.people import PEOPLE
from demo.script import OrderNews, Told
from hub.clock import to_datetime, to_ms
from hub.ports.commerce import Line, NumberedOrder, Order, OrderCustomer, Payment, Pickup, Shipment, ShippingAddress

# Whose orders the story tells from the first.
TOLD_WHOLE = frozenset({"jonas"})
# From here on the story tells the orders itself.
FIRST_OWN = 10479

_ARTICLES = {article.sku: article for article in CATALOGUE}
_BUYERS = {buyer.email: buyer for buyer in BUYERS}
_SENT, _PAYABLE = {"shipped", "delivered", "returned", "refunded"}, {"placed": "authorised", "refunded": "refunded"}
_COLLECTED_WITHIN = timedelta(days=9)
_KEYS = {person.email: key for key, person in PEOPLE.items()}


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """An order of the story: what was bought, how it leaves the shop, and its course."""

    number: str
    who: str
    articles: tuple[str, ...]
    course: tuple[tuple[int, str], ...]
    price: int | None = None
    carrier: str = "DHL"
    store: str = ""
    shelf: str = ""


def book(told: Told) -> None:
    """The order book's past, as far as nothing else tells it: each order as it was placed, and as it stands."""
    told_before = told.numbers()
    for item in order_book(told.now):
        who = _KEYS[(item.order.customer and item.order.customer.email) or ""]
        if int(item.number) >= FIRST_OWN or item.number in told_before or who in TOLD_WHOLE:
            continue
        first = _as_placed(item)
        for order in (first, item.order) if first.updated_at < item.order.updated_at else (item.order,):
            told.add(OrderNews(to_ms(order.updated_at), who, number=item.number, order=order))


def _as_placed(item: NumberedOrder) -> Order:
    order = item.order
    return msgspec.structs.replace(
        order,
        status="placed",
        updated_at=order.placed_at or order.updated_at,
        payments=[msgspec.structs.replace(payment, status="authorised") for payment in order.payments],
        shipments=[],
        returns=[],
        pickup=None,
    )


def bought(told: Told, purchase: Purchase) -> None:
    """Every step of an order's course, told when it happens."""
    placed = to_datetime(purchase.course[0][0])
    for at, status in purchase.course:
        order = _order(purchase, status, placed, to_datetime(at))
        told.add(OrderNews(at, purchase.who, number=purchase.number, order=order))


def _order(purchase: Purchase, status: str, placed: datetime, now: datetime) -> Order:
    person = PEOPLE[purchase.who]
    lines = _lines(purchase)
    total = sum(line.quantity * (line.price or 0) for line in lines)
    paid = _PAYABLE.get(status, "paid")
    return Order(
        status=status,
        placed_at=placed,
        updated_at=now,
        total=total,
        currency="EUR",
        customer=OrderCustomer(name=person.name, email=person.email, phone=person.phone or None),
        shipping_address=None if purchase.store else _shipping(purchase),
        lines=lines,
        payments=[Payment(method="card", amount=total, status=paid)] if total else [],
        shipments=[_shipment(purchase, status, now)] if status in _SENT and not purchase.store else [],
        pickup=_pickup(purchase, status, now),
        store=purchase.store or None,
    )


def _lines(purchase: Purchase) -> list[Line]:
    bought = [_ARTICLES[sku] for sku in dict.fromkeys(purchase.articles)]
    return [
        Line(
            sku=article.sku,
            name=article.name,
            quantity=purchase.articles.count(article.sku),
            price=article.price if purchase.price is None else purchase.price,
        )
        for article in bought
    ]


def _shipping(purchase: Purchase) -> ShippingAddress | None:
    buyer = _BUYERS.get(PEOPLE[purchase.who].email)
    return buyer and ShippingAddress(
        name=buyer.name, street=buyer.street, postal_code=buyer.postal_code, city=buyer.city, country=buyer.country
    )


def _shipment(purchase: Purchase, status: str, now: datetime) -> Shipment:
    on_its_way = status == "shipped"
    return Shipment(
        carrier=purchase.carrier,
        tracking=f"00340{purchase.number}77{purchase.number[::-1]}",
        status="in_transit" if on_its_way else "delivered",
        expected=(now + timedelta(days=2)).date().isoformat() if on_its_way else None,
    )


def _pickup(purchase: Purchase, status: str, now: datetime) -> Pickup | None:
    if not purchase.store or status not in {"pickup", "picked_up"}:
        return None
    ready = status == "pickup"
    return Pickup(
        store=purchase.store,
        code=purchase.number[::-1] + "7",
        shelf=purchase.shelf,
        status="ready" if ready else "collected",
        collect_by=(now + _COLLECTED_WITHIN).date().isoformat() if ready else None,
    )
