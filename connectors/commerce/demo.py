"""The built-in demo shop: a small catalogue and an order book that is the same on every machine, without a network.

Its webhooks are `{"orders": [{"number": …, and the order}]}`, signed over the raw body with HMAC-SHA256.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from hub.ports.channel import Account, Setting, field
from hub.ports.commerce import (
    Commerce,
    Line,
    NumberedOrder,
    Order,
    OrderCustomer,
    Payment,
    Pickup,
    Return,
    Shipment,
    ShippingAddress,
)
from hub.ports.errors import Misconfigured, Refused, Unreadable

SIGNATURE = "demo-signature"
ORDERS = 120
_FIRST_NUMBER = 10373
_DAYS = 180
_PAGE = 25
_LAST_MOMENT = "2026-03-08T18:00:00Z"


class Article(NamedTuple):
    """Something the shop sells; `price` in cents."""

    sku: str
    name: str
    price: int


class Buyer(NamedTuple):
    """Somebody who buys there. Numbers and domains are those set aside for examples."""

    name: str
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    country: str


CATALOGUE = (
    Article("KET-ALBA-17", "Kettle Alba 1.7 l, slate", 7900),
    Article("KET-ALBA-LID", "Lid for kettle Alba", 1200),
    Article("SHO-NERA-42", "Trail shoe Nera, 42", 11900),
    Article("SHO-NERA-43", "Trail shoe Nera, 43", 11900),
    Article("BOT-FJELL-38", "Winter boot Fjell, 38", 14900),
    Article("TEN-LUMO-2", "Tent Lumo for two", 24900),
    Article("SLP-VARM-M", "Sleeping bag Varm, M", 13900),
    Article("LMP-SOL", "Solar lamp Sol", 3900),
    Article("MUG-KIVI", "Enamel mug Kivi", 1490),
    Article("RCK-TARN-30", "Rucksack Tarn 30 l", 8900),
    Article("JCK-REGN-L", "Rain jacket Regn, L", 15900),
    Article("SCK-ULL-40", "Wool socks Ull, 39–41", 1890),
)
STORES = ("Altmarkt", "Hafen", "Südbahnhof")

BUYERS = (
    Buyer("Mara Keller", "mara@keller.example", "+49 30 23125 061", "Lindenweg 4", "01067", "Dresden", "DE"),
    Buyer("Luc Moreau", "luc.moreau@mail.example", "+33 1 99 00 12 34", "8 rue des Lilas", "67000", "Strasbourg", "FR"),
    Buyer("Tove Lindqvist", "tove@lindqvist.example", "+46 8 465 004 12", "Storgatan 19", "111 23", "Stockholm", "SE"),
    Buyer("Anna Nowak", "anna.nowak@poczta.example", "+49 171 3920053", "ul. Polna 7", "00-625", "Warszawa", "PL"),
    Buyer("Rami Haddad", "rami@haddad.example", "+49 171 3920045", "Hafenstraße 31", "20457", "Hamburg", "DE"),
    Buyer("Selin Yıldız", "selin.yildiz@mail.example", "+49 171 3920046", "Ringstraße 12", "50667", "Köln", "DE"),
    Buyer("Peter Okafor", "peter@okafor.example", "+44 7700 900123", "5 Mill Lane", "LS1 4AP", "Leeds", "GB"),
    Buyer("Clara Weber", "clara.weber@post.example", "+49 30 23125 117", "Gartenweg 2", "04109", "Leipzig", "DE"),
    Buyer("Dario Rossi", "dario.rossi@posta.example", "+49 171 3920054", "Via Roma 22", "39100", "Bolzano", "IT"),
    Buyer("Julia Ortega", "julia@ortega.example", "+49 171 3920055", "Calle Mayor 3", "28013", "Madrid", "ES"),
    Buyer("Jonas Brandt", "jonas.brandt@mail.example", "+49 171 3920052", "Am Markt 9", "99084", "Erfurt", "DE"),
    Buyer("Ida Sørensen", "ida@sorensen.example", "+49 171 3920056", "Nørregade 40", "1165", "København", "DK"),
)


class _ToldOrder(Order, frozen=True, kw_only=True):
    """An order as a webhook brings it."""

    number: str


class _Webhook(msgspec.Struct, frozen=True):
    orders: list[_ToldOrder]


_decode = msgspec.json.Decoder(_Webhook).decode


class DemoShop(Commerce):
    """A shop for trying things out; it knows its buyers, and nothing happens that its book does not say."""

    name = "demo"
    label = "Demo shop"
    settings = (
        Setting(key="secret", help="Secret of its webhooks' signature.", secret=True, required=True),
        Setting(key="last_moment", help="When its order book ends, as in 2026-03-08T18:00:00Z.", default=_LAST_MOMENT),
    )

    async def find_orders(self, account: Account, emails: Sequence[str], phones: Sequence[str]) -> list[NumberedOrder]:
        wanted = {email.strip().lower() for email in emails} | {_digits(phone) for phone in phones}
        found = [
            order
            for order in order_book(_last_moment(account))
            if order.order.customer
            and {order.order.customer.email or "", _digits(order.order.customer.phone or "")} & wanted
        ]
        return found[::-1]

    async def get_order(self, account: Account, number: str) -> NumberedOrder | None:
        wanted = number.strip().lstrip("#")
        return next((order for order in order_book(_last_moment(account)) if order.number == wanted), None)

    def verify(self, account: Account, body: bytes, headers: Mapping[str, str]) -> None:
        given = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE, "")
        expected = signature(field(account.settings, "secret"), body)
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise Refused("The signature is not the demo shop's.")

    def parse(self, account: Account, body: bytes, headers: Mapping[str, str]) -> list[NumberedOrder]:
        try:
            told = _decode(body).orders
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise Unreadable(f"This is no webhook of the demo shop: {problem}") from problem
        return [NumberedOrder(number=order.number, order=_without_number(order)) for order in told]

    async def backfill(self, account: Account, cursor: str) -> tuple[list[NumberedOrder], str]:
        start = int(cursor) if cursor.isascii() and cursor.isdigit() else 0
        page = order_book(_last_moment(account))[start : start + _PAGE]
        return page, str(start + len(page))


def signature(secret: str, body: bytes) -> str:
    """The value of the `demo-signature` header for a webhook's raw body."""
    if not secret:
        raise Misconfigured("The demo shop needs a secret for its webhooks.")
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _without_number(told: _ToldOrder) -> Order:
    return Order(**{name: getattr(told, name) for name in Order.__struct_fields__})


def _last_moment(account: Account) -> datetime:
    written = field(account.settings, "last_moment", _LAST_MOMENT)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as problem:
        raise Misconfigured(f"“{written}” is not a time as in {_LAST_MOMENT}.") from problem
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _digits(phone: str) -> str:
    return "".join(sign for sign in phone if sign.isdigit())


# --- the order book ---


def order_book(last_moment: datetime) -> list[NumberedOrder]:
    """Every order of the last six months as it stands at this moment, oldest first."""
    return [_entry(position, last_moment) for position in range(ORDERS)]


def _draw(number: str, what: str, of: int) -> int:
    """The same draw for the same order on every machine."""
    return int.from_bytes(hashlib.sha256(f"{number} {what}".encode()).digest()[:4]) % of


def _entry(position: int, last_moment: datetime) -> NumberedOrder:
    number = str(_FIRST_NUMBER + position)
    days_ago = _DAYS * (ORDERS - 1 - position) / ORDERS + _draw(number, "hour", 24) / 24
    placed_at = last_moment - timedelta(days=days_ago)
    buyer = BUYERS[_draw(number, "buyer", len(BUYERS))]
    lines = _lines(number)
    total = sum(line.quantity * (line.price or 0) for line in lines)
    collects = _draw(number, "way", 5) == 0
    status = _status(number, days_ago, collects)
    reached = placed_at + timedelta(days=min(days_ago, _days_to(status)))
    order = Order(
        status=status,
        placed_at=placed_at,
        updated_at=reached,
        total=total,
        currency="EUR",
        customer=OrderCustomer(name=buyer.name, email=buyer.email, phone=buyer.phone),
        shipping_address=None if collects else _shipping(buyer),
        lines=lines,
        payments=[Payment(method="card", amount=total, status=_payment(status))],
        shipments=[] if collects or status in {"placed", "paid", "cancelled"} else [_shipment(number, status, reached)],
        returns=[Return(number=f"R{number}", status="received", lines=lines[:1])] if status == "returned" else [],
        pickup=_pickup(number, status, reached) if collects else None,
        store=STORES[_draw(number, "store", len(STORES))] if collects else None,
    )
    return NumberedOrder(number=number, order=order)


def _lines(number: str) -> list[Line]:
    first = _draw(number, "article", len(CATALOGUE))
    articles = [CATALOGUE[(first + 5 * i) % len(CATALOGUE)] for i in range(1 + _draw(number, "lines", 3))]
    return [
        Line(sku=article.sku, name=article.name, quantity=1 + _draw(number, article.sku, 2), price=article.price)
        for article in articles
    ]


def _status(number: str, days_ago: float, collects: bool) -> str:
    if days_ago < 1:
        return "placed"
    if _draw(number, "fate", 12) == 0:
        return "cancelled"
    if days_ago < 3:
        return "paid"
    if days_ago < 6:
        return "pickup" if collects else "shipped"
    if days_ago > 20 and _draw(number, "fate", 12) == 1:
        return "returned"
    if not collects and days_ago < 12 and _draw(number, "fate", 12) < 4:
        return "late"
    return "picked_up" if collects else "delivered"


def _days_to(status: str) -> float:
    days = {"placed": 0.0, "cancelled": 0.5, "paid": 0.1, "shipped": 2, "pickup": 3, "picked_up": 5, "delivered": 5}
    return days.get(status, 12)


def _payment(status: str) -> str:
    return {"placed": "authorised", "cancelled": "cancelled", "returned": "refunded"}.get(status, "paid")


def _shipping(buyer: Buyer) -> ShippingAddress:
    return ShippingAddress(
        name=buyer.name,
        street=buyer.street,
        postal_code=buyer.postal_code,
        city=buyer.city,
        country=buyer.country,
        phone=buyer.phone,
    )


def _shipment(number: str, status: str, since: datetime) -> Shipment:
    on_its_way = status in {"shipped", "late"}
    return Shipment(
        carrier=("DHL", "DPD", "GLS")[_draw(number, "carrier", 3)],
        tracking=f"0034{_draw(number, 'tracking', 10**9):09d}{number}",
        status="in_transit" if on_its_way else "delivered",
        expected=(since + timedelta(days=2)).date().isoformat() if status == "shipped" else None,
    )


def _pickup(number: str, status: str, since: datetime) -> Pickup | None:
    if status not in {"pickup", "picked_up"}:
        return None
    return Pickup(
        store=STORES[_draw(number, "store", len(STORES))],
        code=f"{_draw(number, 'code', 10**6):06d}",
        shelf=f"{'KLMN'[_draw(number, 'row', 4)]}-{1 + _draw(number, 'shelf', 30)}",
        status="ready" if status == "pickup" else "collected",
        collect_by=(since + timedelta(days=7)).date().isoformat() if status == "pickup" else None,
    )
