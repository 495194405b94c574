"""Order numbers in a text become links; phone numbers, prices and numbers of no order do not."""

from datetime import UTC, datetime

import pytest

from hub.database import Database
from hub.ports.commerce import Order
from hub.services import orders
from hub.services.mentions import Mention, mentions


@pytest.fixture(name="shop")
async def create_orders(db: Database) -> Database:
    """Orders whose numbers are written in all the ways that shops write them."""
    for number in ("10492", "AB-10492", "#1001", "2026/00123", "sw1234", "12345678"):
        await db.unit(orders.put, "shop", number, Order(status="placed", updated_at=datetime(2026, 3, 8, tzinfo=UTC)))
    return db


async def linked(db: Database, text: str, subject: str = "") -> list[Mention]:
    return await db.view(mentions, text, subject)


@pytest.mark.parametrize(
    ("text", "number", "written"),
    [
        ("Where is my order 10492?", "10492", "10492"),
        ("order no.10492, please", "10492", "10492"),
        ("ab-10492 has not come", "AB-10492", "ab-10492"),
        ("It is #1001", "#1001", "1001"),
        ("Bestellung 2026/00123!", "2026/00123", "2026/00123"),
        ("see https://shop.example/orders/10492?x=1", "10492", "10492"),
        ("SW1234", "sw1234", "SW1234"),
        ("😀 10492", "10492", "10492"),
    ],
)
async def test_a_number_is_linked_where_it_stands(shop: Database, text: str, number: str, written: str) -> None:
    [mention] = await linked(shop, text)

    assert (mention.source, mention.number, mention.version) == ("shop", number, 1)
    assert text[mention.start : mention.end] == written


@pytest.mark.parametrize(
    "text",
    ["", "Hello", "call +49 151 12345678", "0151 12345678 or 0151/12345678", "104921", "x10492x", "the year 2026"],
)
async def test_other_numbers_are_not_linked(shop: Database, text: str) -> None:
    assert await linked(shop, text) == []


async def test_a_number_in_the_subject_has_no_place_in_the_text(shop: Database) -> None:
    [mention] = await linked(shop, "Where is it?", "Order 10492")

    assert (mention.number, mention.start, mention.end) == ("10492", None, None)


async def test_a_number_in_subject_and_text_is_linked_in_the_text(shop: Database) -> None:
    [mention] = await linked(shop, "10492 is late", "Order 10492")

    assert mention.start == 0


async def test_a_message_remembers_the_version_of_its_order(shop: Database) -> None:
    newer = Order(status="shipped", updated_at=datetime(2026, 3, 9, tzinfo=UTC))
    await shop.unit(orders.put, "shop", "10492", newer)

    [mention] = await linked(shop, "10492")

    assert mention.version == 2


async def test_a_text_full_of_numbers_ends_soon(shop: Database) -> None:
    text = " ".join(str(number) for number in range(10_000, 60_000))

    assert len(await linked(shop, text)) <= 50
