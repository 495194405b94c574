"""Orders are mirrored, matched by address when somebody is looked at, and told in a conversation once per milestone."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from hub.clock import Clock, to_datetime
from hub.database import Database, Statement, Transaction
from hub.errors import Forbidden
from hub.models import entries
from hub.models import orders as orders_table
from hub.ports.commerce import Line, Order, OrderCustomer, ShippingAddress
from hub.security import Actor
from hub.services import conversations, identities, joining, orders
from hub.services.company import Company, set_company
from hub.services.orders import BadOrder, NoSuchOrder, Orders
from hub.services.shop_customers import ShopAddress, ShopCustomer, ShopCustomers

SHOP = Actor(id=1, name="shop", role="admin", is_token=True)
STORE = Actor(id=2, name="till", role="store")

ENTRIES = Statement(select(entries.c.kind, entries.c.backfilled, entries.c.details).order_by(entries.c.id))


def an_order(clock: Clock, status: str = "placed", *, minutes: int = 0, email: str = "anna@example.com") -> Order:
    return Order(
        status=status,
        updated_at=to_datetime(clock.now()) + timedelta(minutes=minutes),
        customer=OrderCustomer(name="Anna", email=email),
        lines=[Line(sku="K1", name="Kettle", price=7900)],
        total=7900,
        currency="EUR",
    )


async def somebody_writes(db: Database, address: str = "anna@example.com", kind: str = "email") -> int:
    def write(tx: Transaction) -> int:
        who = identities.arrive(tx, identities.Arrival(kind=kind, address=address), "")
        entry = conversations.NewEntry(
            conversation_id=who.conversation_id, kind="message", author_kind="customer", direction="in", text="Hello"
        )
        conversations.append(tx, entry)
        return who.customer_id

    return await db.unit(write)


async def order_entries(db: Database) -> list[Any]:
    rows = await db.view(lambda rd: rd.all(ENTRIES))
    return [msgspec.json.decode(row.details) | {"late": row.backfilled} for row in rows if row.kind == "order"]


async def test_an_order_is_stored_with_when_we_were_told(db: Database, clock: Clock) -> None:
    stored = await Orders(db).put(SHOP, "shop", "10492", an_order(clock))

    assert stored.created
    assert (stored.order.source, stored.order.number, stored.order.version) == ("shop", "10492", 1)
    assert stored.order.as_of.endswith("Z")
    assert msgspec.json.decode(stored.order.order)["total"] == 7900


async def test_the_same_order_again_changes_nothing(db: Database, clock: Clock) -> None:
    order = an_order(clock)
    first = await Orders(db).put(SHOP, "shop", "10492", order)
    clock.move_by(timedelta(hours=1))

    again = await Orders(db).put(SHOP, "shop", "10492", order)

    assert not again.created
    assert (again.order.version, again.order.as_of) == (first.order.version, first.order.as_of)


async def test_older_news_than_what_we_hold_change_nothing(db: Database, clock: Clock) -> None:
    await Orders(db).put(SHOP, "shop", "10492", an_order(clock, "shipped"))

    stored = await Orders(db).put(SHOP, "shop", "10492", an_order(clock, "placed", minutes=-5))

    assert msgspec.json.decode(stored.order.order)["status"] == "shipped"


async def test_every_version_of_an_order_stays(db: Database, clock: Clock) -> None:
    await Orders(db).put(SHOP, "shop", "10492", an_order(clock, "placed"))
    await Orders(db).put(SHOP, "shop", "10492", an_order(clock, "shipped", minutes=1))

    then = await Orders(db).version(SHOP, "shop", "10492", 1)
    now = await Orders(db).get(SHOP, "shop", "10492")

    assert msgspec.json.decode(then.order)["status"] == "placed"
    assert (now.version, msgspec.json.decode(now.order)["status"]) == (2, "shipped")


async def test_a_status_that_nobody_knows_is_kept_as_it_is(db: Database, clock: Clock) -> None:
    await somebody_writes(db)

    stored = await Orders(db).put(SHOP, "shop", "1", an_order(clock, "in der Werkstatt"))

    assert msgspec.json.decode(stored.order.order)["status"] == "in der Werkstatt"
    assert await order_entries(db) == []


@pytest.mark.parametrize("number", ["", " 1", "1\x00", "1\n2", "x" * 101])
async def test_a_number_that_is_none_is_refused(db: Database, clock: Clock, number: str) -> None:
    with pytest.raises(BadOrder):
        await Orders(db).put(SHOP, "shop", number, an_order(clock))


async def test_a_time_outside_of_the_calendar_is_refused(db: Database) -> None:
    order = msgspec.json.decode('{"status": "placed", "updated_at": "0001-01-01T00:00:00+14:00"}', type=Order)

    with pytest.raises(BadOrder):
        await Orders(db).put(SHOP, "shop", "1", order)


async def test_an_order_makes_no_customer(db: Database, clock: Clock) -> None:
    stored = await Orders(db).put(SHOP, "shop", "1", an_order(clock))

    assert stored.order.customer_ids == []
    assert await db.view(lambda rd: rd.all(Statement(select(entries.c.id)))) == []


async def test_a_customer_has_the_orders_of_every_address_they_hold_newest_first(db: Database, clock: Clock) -> None:
    await db.unit(set_company, Company(country="DE"))
    customer_id = await somebody_writes(db)
    await Orders(db).put(SHOP, "shop", "1", an_order(clock, email="ANNA@Example.com", minutes=-60))
    by_phone = msgspec.structs.replace(
        an_order(clock, email="anna@work.example"),
        shipping_address=ShippingAddress(phone="0151 12345678", country="DE"),
    )
    await Orders(db).put(SHOP, "shop", "2", by_phone)

    def hold_phone(tx: Transaction) -> None:
        arrival = identities.Arrival(kind="phone", address="+49 151 12345678", proof="code", method="code")
        joining.prove(tx, customer_id, arrival, "DE")

    await db.unit(hold_phone)
    views = await db.view(orders.of_customers, [customer_id])

    assert [view.number for view in views] == ["2", "1"]
    assert all(view.customer_ids == [customer_id] and not view.masked for view in views)


async def test_the_order_of_a_mere_claim_is_masked(db: Database, clock: Clock) -> None:
    await Orders(db).put(SHOP, "shop", "10492", an_order(clock))

    def claim(tx: Transaction) -> int:
        visitor = identities.arrive(tx, identities.Arrival(kind="visitor", address="v1"), "")
        identities.claim(tx, visitor.customer_id, "email", "anna@example.com", "anna@example.com", "v1")
        return visitor.customer_id

    claimant = await db.unit(claim)
    [view] = await db.view(orders.of_customers, [claimant])

    assert view.masked
    assert view.number == "•••492"
    assert set(msgspec.json.decode(view.order)) == {"status", "updated_at"}


async def test_what_somebody_else_holds_is_not_shown_to_who_claims_it(db: Database, clock: Clock) -> None:
    await somebody_writes(db)
    await Orders(db).put(SHOP, "shop", "10492", an_order(clock))

    def claim(tx: Transaction) -> int:
        visitor = identities.arrive(tx, identities.Arrival(kind="visitor", address="v1"), "")
        identities.claim(tx, visitor.customer_id, "email", "anna@example.com", "anna@example.com", "v1")
        return visitor.customer_id

    claimant = await db.unit(claim)

    assert await db.view(orders.of_customers, [claimant]) == []


async def test_an_order_opened_beside_somebody_whose_it_is_not_is_masked(db: Database, clock: Clock) -> None:
    await Orders(db).put(SHOP, "shop", "10492", an_order(clock))
    stranger = await somebody_writes(db, "stranger@example.com")

    view = await Orders(db).get(SHOP, "shop", "10492", beside=stranger)

    assert view.masked


async def test_a_milestone_is_told_once_in_the_conversation(db: Database, clock: Clock) -> None:
    await somebody_writes(db)

    for minute, status in enumerate(["placed", "shipped", "shipped", "late", "shipped", "delivered"]):
        await Orders(db).put(SHOP, "shop", "10492", an_order(clock, status, minutes=minute))

    told = await order_entries(db)
    assert [entry["milestone"] for entry in told] == ["placed", "shipped", "delivered"]
    assert told[0]["number"] == "10492"
    assert not any(entry["late"] for entry in told)


async def test_nothing_is_told_to_who_only_claims_the_address(db: Database, clock: Clock) -> None:
    def claim(tx: Transaction) -> None:
        visitor = identities.arrive(tx, identities.Arrival(kind="visitor", address="v1"), "")
        entry = conversations.NewEntry(conversation_id=visitor.conversation_id, kind="message", author_kind="customer")
        conversations.append(tx, entry)
        identities.claim(tx, visitor.customer_id, "email", "anna@example.com", "anna@example.com", "v1")

    await db.unit(claim)
    await Orders(db).put(SHOP, "shop", "10492", an_order(clock, "shipped"))

    assert await order_entries(db) == []


async def test_a_milestone_told_a_day_late_is_history(db: Database, clock: Clock) -> None:
    await somebody_writes(db)

    await Orders(db).put(SHOP, "shop", "10492", an_order(clock, "shipped", minutes=-25 * 60))

    assert [entry["late"] for entry in await order_entries(db)] == [True]


async def test_an_import_tells_nothing_then_or_later(db: Database, clock: Clock) -> None:
    await somebody_writes(db)
    imported = an_order(clock, "shipped")
    await db.unit(lambda tx: orders.put(tx, "shop", "10492", imported, imported=True))

    await Orders(db).put(SHOP, "shop", "10492", an_order(clock, "shipped", minutes=1))

    assert await order_entries(db) == []


async def test_an_order_belongs_to_the_customer_of_its_shop_number(db: Database, clock: Clock) -> None:
    known = ShopCustomer(
        updated_at=datetime(2026, 3, 8, tzinfo=UTC),
        addresses=[ShopAddress(kind="email", address="anna@example.com", verified=True)],
    )
    customer = await ShopCustomers(db).put(SHOP, "shop", "C7", known)
    order = msgspec.structs.replace(an_order(clock), customer=OrderCustomer(number="C7", email="gift@example.org"))

    stored = await Orders(db).put(SHOP, "shop", "1", order)
    elsewhere = await Orders(db).put(SHOP, "other-shop", "1", order)

    assert stored.order.customer_ids == [customer.customer_id]
    assert elsewhere.order.customer_ids == []


async def test_orders_come_in_pages(db: Database, clock: Clock) -> None:
    for number in range(5):
        await Orders(db).put(SHOP, "shop", str(number), an_order(clock))

    first = await Orders(db).list(SHOP, limit=3)
    second = await Orders(db).list(SHOP, limit=3, after=first.next)

    assert [order.number for order in first.orders + second.orders] == ["4", "3", "2", "1", "0"]
    assert second.next is None


async def test_orders_are_listed_by_source_and_by_address(db: Database, clock: Clock) -> None:
    await Orders(db).put(SHOP, "shop", "1", an_order(clock))
    await Orders(db).put(SHOP, "other", "2", an_order(clock, email="bob@example.com"))

    by_source = await Orders(db).list(SHOP, source="shop")
    by_email = await Orders(db).list(SHOP, email="Bob@Example.com")

    assert [order.number for order in by_source.orders] == ["1"]
    assert [order.number for order in by_email.orders] == ["2"]


async def test_an_unknown_order_is_not_found(db: Database) -> None:
    with pytest.raises(NoSuchOrder):
        await Orders(db).get(SHOP, "shop", "1")


async def test_store_staff_reads_orders_and_writes_none(db: Database, clock: Clock) -> None:
    await Orders(db).put(SHOP, "shop", "1", an_order(clock))

    await Orders(db).get(STORE, "shop", "1")
    with pytest.raises(Forbidden):
        await Orders(db).put(STORE, "shop", "1", an_order(clock))


async def test_an_order_told_twice_at_once_is_one_order(db: Database, clock: Clock) -> None:
    told = [Orders(db).put(SHOP, "shop", "1", an_order(clock, minutes=minute)) for minute in range(8)]
    await asyncio.gather(*told)

    rows = await db.view(lambda rd: rd.all(Statement(select(orders_table.c.version, orders_table.c.body))))
    assert len(rows) == 1
    newest = msgspec.json.decode(rows[0].body, type=Order).updated_at
    assert newest - to_datetime(clock.now()) > timedelta(minutes=6)


async def test_screens_are_told_only_of_orders_that_are_somebodys(db: Database, clock: Clock) -> None:
    await somebody_writes(db)
    touched: list[dict[str, dict[str, dict[int, None]]]] = []
    db.seal = lambda units: touched.extend(tx.touched for tx in units)

    await Orders(db).put(SHOP, "shop", "1", an_order(clock, "late"))
    await Orders(db).put(SHOP, "shop", "2", an_order(clock, "late", email="nobody@example.com"))

    assert ["orders" in unit.get("", {}) for unit in touched] == [True, False]
