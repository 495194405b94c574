"""The demo shop: the same order book everywhere, and webhooks that only it can sign."""

import json
from datetime import UTC, datetime

import pytest

from connectors.commerce.demo import BUYERS, ORDERS, SIGNATURE, DemoShop, order_book, signature
from hub.ports.channel import Account
from hub.ports.commerce import NumberedOrder
from hub.ports.errors import Misconfigured, Refused, Unreadable

SHOP = Account(name="demo", channel="demo", settings={"secret": "s3cret"})
END = datetime(2026, 3, 8, 18, tzinfo=UTC)
WEBHOOK = json.dumps(
    {"orders": [{"number": "10492", "status": "shipped", "updated_at": "2026-03-08T12:00:00Z", "total": 20290}]}
).encode()


def test_the_order_book_is_the_same_every_time() -> None:
    assert order_book(END) == order_book(END)


def test_the_order_book_tells_orders_of_every_state_in_time() -> None:
    book = order_book(END)

    assert len(book) == len({order.number for order in book}) == ORDERS
    assert {"placed", "paid", "delivered", "picked_up", "returned", "cancelled"} <= {o.order.status for o in book}
    for order in book:
        assert order.order.placed_at is not None
        assert order.order.placed_at <= order.order.updated_at <= END
        assert order.order.total == sum(line.quantity * (line.price or 0) for line in order.order.lines)


async def test_orders_are_found_by_either_address_newest_first() -> None:
    buyer = BUYERS[0]

    by_email = await DemoShop().find_orders(SHOP, [buyer.email.upper()], [])
    by_phone = await DemoShop().find_orders(SHOP, [], [buyer.phone.replace(" ", "")])

    assert by_email
    assert by_email == by_phone
    numbers = [int(order.number) for order in by_email]
    assert numbers == sorted(numbers, reverse=True)


async def test_nobody_has_orders_without_an_address() -> None:
    assert await DemoShop().find_orders(SHOP, [""], [""]) == []


async def test_one_order_is_got_by_its_number() -> None:
    order = await DemoShop().get_order(SHOP, "#10492")

    assert order is not None
    assert order.number == "10492"
    assert await DemoShop().get_order(SHOP, "1") is None


async def test_backfill_brings_every_order_once() -> None:
    found: list[NumberedOrder] = []
    cursor = ""
    while True:
        page, cursor = await DemoShop().backfill(SHOP, cursor)
        if not page:
            break
        found += page

    assert found == order_book(END)


def test_a_signed_webhook_is_taken_and_read() -> None:
    DemoShop().verify(SHOP, WEBHOOK, {"Demo-Signature": signature("s3cret", WEBHOOK)})

    [told] = DemoShop().parse(SHOP, WEBHOOK, {})
    assert (told.number, told.order.status, told.order.total) == ("10492", "shipped", 20290)


@pytest.mark.parametrize(
    "headers",
    [{}, {SIGNATURE: ""}, {SIGNATURE: "sha256=é"}, {SIGNATURE: signature("other", WEBHOOK)}, {SIGNATURE: "x" * 9999}],
)
def test_a_forged_webhook_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Refused):
        DemoShop().verify(SHOP, WEBHOOK, headers)


def test_a_changed_webhook_is_refused() -> None:
    with pytest.raises(Refused):
        DemoShop().verify(SHOP, WEBHOOK + b" ", {SIGNATURE: signature("s3cret", WEBHOOK)})


def test_without_a_secret_nothing_is_taken() -> None:
    with pytest.raises(Misconfigured):
        DemoShop().verify(Account(name="demo", channel="demo"), WEBHOOK, {SIGNATURE: "sha256="})


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"orders": [{"number": 1}]}', b'{"orders": [{}]}', b"\xff\xfe", b"[" * 100_000],
)
def test_what_cannot_be_read_is_said_to_be_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        DemoShop().parse(SHOP, body, {})


async def test_a_wrong_last_moment_is_told() -> None:
    with pytest.raises(Misconfigured):
        await DemoShop().backfill(Account(name="demo", channel="demo", settings={"last_moment": "soon"}), "")
