"""An order as one text: what it is found by, and where a search shows the match."""

from __future__ import annotations

from hub.ports.commerce import Order


def order_text(number: str, order: Order) -> str:
    """Number, people, places, goods and parcels of an order, most telling first."""
    customer, shipping = order.customer, order.shipping_address
    compact = "".join(sign for sign in number if sign.isalnum())
    parts = [number, compact if compact != number else "", order.status]
    if customer:
        parts += [customer.name, customer.email or "", customer.phone or "", customer.number or ""]
    parts += [f"{line.name} {line.sku}" for line in order.lines]
    if shipping:
        parts += [shipping.name, shipping.street, shipping.postal_code or "", shipping.city or "", shipping.phone or ""]
    parts += [f"{shipment.carrier} {shipment.tracking}" for shipment in order.shipments]
    parts += [returned.number for returned in order.returns]
    if order.pickup:
        parts += [order.pickup.store, order.pickup.code]
    return " · ".join(dict.fromkeys(part.strip() for part in parts if part.strip()))
