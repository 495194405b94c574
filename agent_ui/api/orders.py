"""Orders as the shop knows them."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_ui.api import shapes
from agent_ui.api.fields import Mark
from agent_ui.api.operation import Answer, Call, Example, Fields, Nothing, operation
from agent_ui.api.shapes import OrderAnswer
from agent_ui.decode import Id, Limit
from hub.ports.commerce import Order
from hub.services.orders import BadOrder, NoSuchOrder


class WantedOrders(Fields, frozen=True, kw_only=True):
    """Which orders: of one source, placed with one address, or all."""

    source: Mark | None = None
    email: Mark | None = None
    phone: Mark | None = None
    limit: Limit = 50
    after: Id | None = None


class OrderList(msgspec.Struct, frozen=True, kw_only=True):
    """Some orders, those that came in last first; `next` is the `after` of the next page."""

    orders: list[OrderAnswer]
    next: str | None


_PATH: dict[str, str | int] = {"source": "shop", "number": "10492"}
_ORDER: dict[str, Any] = {
    "status": "shipped",
    "placed_at": "2026-11-01T14:05:00Z",
    "updated_at": "2026-11-02T08:00:00Z",
    "total": 5980,
    "currency": "EUR",
    "customer": {"name": "Ana Kovač", "email": "ana@example.com", "number": "C-77"},
    "shipping_address": {"name": "Ana Kovač", "street": "Lindenstr. 4", "postal_code": "10969", "city": "Berlin"},
    "lines": [{"sku": "MUG-2", "name": "Mug, blue", "quantity": 2, "price": 2990}],
    "payments": [{"method": "card", "amount": 5980, "status": "paid"}],
    "shipments": [{"carrier": "DHL", "tracking": "00340434161094042557", "status": "in_transit"}],
}


@operation(
    "PUT",
    "/api/v1/orders/{source}/{number:path}",
    summary="Tell an order as the shop knows it now",
    takes=Order,
    answers={201: OrderAnswer, 200: OrderAnswer},
    errors=(BadOrder,),
    example=Example(path=_PATH, fields=_ORDER),
)
async def put(call: Call[Order]) -> Answer:
    stored = await call.hub.orders.put(call.actor, call.name("source"), call.name("number"), call.fields)
    return Answer(201 if stored.created else 200, shapes.order(stored.order))


@operation(
    "GET",
    "/api/v1/orders/{source}/{number:path}",
    summary="Read an order",
    takes=Nothing,
    answers={200: OrderAnswer},
    errors=(NoSuchOrder,),
    example=Example(path=_PATH),
)
async def get(call: Call[Nothing]) -> Answer:
    return Answer(200, shapes.order(await call.hub.orders.get(call.actor, call.name("source"), call.name("number"))))


@operation(
    "GET",
    "/api/v1/orders",
    summary="List orders",
    takes=WantedOrders,
    answers={200: OrderList},
    example=Example(fields={"email": "ana@example.com", "limit": 10}),
)
async def listed(call: Call[WantedOrders]) -> Answer:
    wanted = call.fields
    page = await call.hub.orders.list(
        call.actor, source=wanted.source, email=wanted.email, phone=wanted.phone, after=wanted.after, limit=wanted.limit
    )
    following = None if page.next is None else str(page.next)
    return Answer(200, {"orders": [shapes.order(view) for view in page.orders], "next": following})


operations = [put, get, listed]
routes = [operation.route for operation in operations]
