"""The port of a shop system: where orders come from."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from hub.ports.channel import Account, Setting
from hub.ports.errors import Refused


class _Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of an order; unknown fields are refused."""


class OrderCustomer(_Value, frozen=True, kw_only=True):
    """Who ordered, as the shop knows them."""

    name: str = ""
    email: str | None = None
    phone: str | None = None
    number: str | None = None


class ShippingAddress(_Value, frozen=True, kw_only=True):
    """Where the order goes."""

    name: str = ""
    street: str = ""
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    phone: str | None = None


class Line(_Value, frozen=True, kw_only=True):
    """One line; `price` in minor units for one piece."""

    sku: str = ""
    name: str = ""
    quantity: int = 1
    price: int | None = None
    image: str | None = None


class Payment(_Value, frozen=True, kw_only=True):
    """One payment; `amount` in minor units."""

    method: str = ""
    amount: int = 0
    status: str = ""


class Shipment(_Value, frozen=True, kw_only=True):
    """One parcel."""

    carrier: str = ""
    tracking: str = ""
    status: str = ""
    expected: str | None = None
    url: str | None = None


class Return(_Value, frozen=True, kw_only=True):
    """One return."""

    number: str = ""
    status: str = ""
    lines: list[Line] | None = None


class Pickup(_Value, frozen=True, kw_only=True):
    """Collection at a store."""

    store: str = ""
    code: str = ""
    shelf: str | None = None
    status: str = ""
    collect_by: str | None = None


class Order(_Value, frozen=True, kw_only=True):
    """An order as the shop knows it at `updated_at`. Money in minor units of `currency` (ISO 4217)."""

    status: str
    updated_at: datetime
    placed_at: datetime | None = None
    total: int | None = None
    currency: str | None = None
    customer: OrderCustomer | None = None
    shipping_address: ShippingAddress | None = None
    lines: list[Line] = []
    payments: list[Payment] = []
    shipments: list[Shipment] = []
    returns: list[Return] = []
    pickup: Pickup | None = None
    store: str | None = None
    verified: bool = False
    fields: dict[str, Any] = {}


class NumberedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its number in the shop."""

    number: str
    order: Order


class Commerce(ABC):
    """A shop system. One file in `connectors/commerce/`, found by being there."""

    name: ClassVar[str]
    label: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]] = ()

    async def find_orders(self, account: Account, emails: Sequence[str], phones: Sequence[str]) -> list[NumberedOrder]:
        """Orders placed with any of these addresses, newest first. Raises `Unreachable`."""
        return []

    async def get_order(self, account: Account, number: str) -> NumberedOrder | None:
        """One order by its number, None when the shop has none. Raises `Unreachable`."""
        return None

    def verify(self, account: Account, body: bytes, headers: Mapping[str, str]) -> None:
        """Check a webhook's signature over the raw bytes; raises `Refused`."""
        raise Refused("This shop sends no webhooks.")

    def parse(self, account: Account, body: bytes, headers: Mapping[str, str]) -> list[NumberedOrder]:
        """Read a webhook's orders. Pure. Raises `Unreadable`."""
        return []

    async def backfill(self, account: Account, cursor: str) -> tuple[list[NumberedOrder], str]:
        """The next page of past orders and the cursor after it; an empty page ends it."""
        return [], cursor
