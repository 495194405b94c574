"""Where an answer may go, and what of it may go there."""

from typing import Any

import pytest

from hub.clock import Clock, to_datetime
from hub.database import Transaction
from hub.ports.commerce import Order, OrderCustomer, ShippingAddress
from hub.ports.message import Address, AttachmentIn, InboundMessage
from hub.services import destinations, identities
from hub.services.calls import CallNote
from hub.services.destinations import DestinationUnverified, NotReachable
from hub.services.replies import First
from tests.hub.world import CUSTOMER, World

PHONE = "+49 30 1234567"
OTHER = "ben@example.com"


async def two_addresses(world: World) -> tuple[int, Any, Any]:
    """A customer with a mail address that is not proven, a second one and a phone number: their mail and endpoints."""
    mara = await world.colleague()
    first = await world.mail()
    second = await world.mail(sender=OTHER)
    _, caller = await world.hub.calls.note(mara, CallNote(phone=PHONE, text="Called"))
    for other in (second.customer_id, caller):
        await world.execute(f"UPDATE customers SET merged_into = {first.customer_id} WHERE id = {other}")
    rows = {row.id: row for row in await world.table("endpoints")}
    return first.customer_id, rows[first.endpoint.id], rows[second.endpoint.id]


async def check(world: World, customer_id: int, endpoint: Any, text: str) -> list[str]:
    return await world.db.view(destinations.check, customer_id, endpoint, text)


@pytest.mark.parametrize(
    "text",
    ["Call 030 1234567.", "Call +49 30 123 45 67", "(030) 12-34-567", "0049301234567"],
)
async def test_a_phone_number_is_found_however_it_is_written(world: World, text: str) -> None:
    customer_id, first, _ = await two_addresses(world)

    assert await check(world, customer_id, first, text) == [PHONE]


async def test_an_address_is_found_however_it_is_written(world: World) -> None:
    customer_id, first, _ = await two_addresses(world)

    assert await check(world, customer_id, first, f"We wrote to {OTHER.upper()}!") == [OTHER]
    assert await check(world, customer_id, first, f"We wrote to {CUSTOMER}.") == []


async def test_what_was_typed_there_may_go_back_there(world: World) -> None:
    customer_id, first, _ = await two_addresses(world)
    await world.mail("My number is 030/1234567, order 10492")

    assert await check(world, customer_id, first, f"{PHONE}, {OTHER}") == [OTHER]


async def test_an_order_of_another_address_is_found(world: World, clock: Clock) -> None:
    shop = await world.colleague("Shop", "admin")
    customer_id, first, second = await two_addresses(world)
    order = Order(status="placed", updated_at=to_datetime(clock.now()), customer=OrderCustomer(email=OTHER))
    await world.hub.orders.put(shop, "shop", "10492", order)

    assert await check(world, customer_id, first, "Your order 10492 is here") == ["10492"]
    assert await check(world, customer_id, second, "Your order 10492 is here") == []


async def sent_to(world: World, clock: Clock, number: str, email: str, street: str) -> None:
    order = Order(
        status="placed",
        updated_at=to_datetime(clock.now()),
        customer=OrderCustomer(email=email),
        shipping_address=ShippingAddress(street=street, postal_code="10969", city="Berlin"),
    )
    await world.hub.orders.put(await world.colleague("Shop", "admin"), "shop", number, order)


@pytest.mark.parametrize(
    "text",
    ["It went to Lindenstraße 5, 10969 Berlin.", "to LINDENSTR. 5", "Lindenstrasse 5?", "Lindenstraße\n5"],
)
async def test_where_an_order_of_another_address_went_is_found(world: World, clock: Clock, text: str) -> None:
    customer_id, first, second = await two_addresses(world)
    await sent_to(world, clock, "A-10492", OTHER, "Lindenstraße 5")

    assert await check(world, customer_id, first, text) == ["Lindenstraße 5"]
    assert await check(world, customer_id, second, text) == []


async def test_another_house_of_the_street_is_nobodys(world: World, clock: Clock) -> None:
    customer_id, first, _ = await two_addresses(world)
    await sent_to(world, clock, "A-10492", OTHER, "Lindenstraße 5")

    assert await check(world, customer_id, first, "Our shop in Berlin, Lindenstraße 52, is open.") == []


async def test_a_street_that_this_address_knows_may_be_told_to_it(world: World, clock: Clock) -> None:
    customer_id, first, _ = await two_addresses(world)
    await sent_to(world, clock, "A-10492", OTHER, "Lindenstraße 5")
    await sent_to(world, clock, "A-10493", OTHER, "Am Markt 1")
    await sent_to(world, clock, "A-10494", CUSTOMER, "Lindenstr. 5")
    await world.mail("I live at am Markt 1.")

    assert await check(world, customer_id, first, "Lindenstraße 5 or Am Markt 1?") == []


def a_file(data: bytes, filename: str = "invoice.pdf") -> tuple[AttachmentIn, ...]:
    return (AttachmentIn(filename=filename, content_type="application/pdf", data=data),)


async def test_a_file_of_another_address_is_found_whatever_it_is_called(world: World) -> None:
    customer_id, first, _ = await two_addresses(world)
    await world.mail("My invoice", OTHER, attachments=a_file(b"of Ben"))
    await world.mail("Mine", attachments=a_file(b"of Anna"))
    mara = await world.colleague()

    with pytest.raises(DestinationUnverified) as refused:
        await world.reply(mara, customer_id, endpoint=first.id, files=await stored(world, b"of Ben", "terms.pdf"))
    assert refused.value.members["found"] == ["terms.pdf"]

    for data in (b"of Anna", b"of nobody"):
        await world.reply(mara, customer_id, endpoint=first.id, files=await stored(world, data, "terms.pdf"))


async def stored(world: World, data: bytes, filename: str) -> Any:
    return tuple(await world.hub.intake.store_files(a_file(data, filename)))


@pytest.mark.parametrize("part", ["subject", "html", "files"])
async def test_every_part_of_a_message_is_looked_at(world: World, part: str) -> None:
    customer_id, first, _ = await two_addresses(world)
    said: Any = await stored(world, b"x", f"{PHONE}.pdf") if part == "files" else f"Call {PHONE}"
    mara = await world.colleague()

    with pytest.raises(DestinationUnverified):
        await world.reply(mara, customer_id, endpoint=first.id, **{part: said})
    with pytest.raises(DestinationUnverified):
        await world.hub.replies.write_first(
            mara, First(**{"text": "Hi", "client_key": "k", "endpoint": first.id, part: said})
        )
    assert [row.direction for row in await world.table("entries") if row.direction == "out"] == []


async def test_a_proven_endpoint_gets_everything_of_its_customer(world: World) -> None:
    customer_id, first, _ = await two_addresses(world)

    def prove(tx: Transaction) -> None:
        identities.strengthen(tx, first, "link", "test")

    await world.db.unit(prove)
    [proven] = [row for row in await world.table("endpoints") if row.id == first.id]

    assert await check(world, customer_id, proven, f"{PHONE} {OTHER}") == []


async def test_an_answer_goes_by_the_account_that_the_message_came_to(world: World) -> None:
    mara = await world.colleague()
    [entry] = await world.offer(
        InboundMessage(external_id="1", sender=Address(kind="email", address=CUSTOMER), text="x"), account="sales"
    )

    assert (await world.reply(mara, entry.customer_id)).account == "sales"
    assert (await world.reply(mara, entry.customer_id, account="mail")).account == "mail"


async def test_what_the_shops_backend_brought_it_takes_the_answer_to(world: World) -> None:
    mara = await world.colleague()
    sender = Address(kind="email", address=CUSTOMER)
    message = InboundMessage(external_id="1", sender=sender, text="x", proof="signed")
    taken = await world.hub.intake.take(world.accounts["api"], message, b"x")

    assert (await world.reply(mara, taken.customer_id)).account == "api"


async def test_an_account_that_cannot_reach_there_is_refused(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail()

    for account in ("web", "phone", "nowhere"):
        with pytest.raises(NotReachable):
            await world.reply(mara, entry.customer_id, account=account)


async def test_without_an_account_there_is_no_way(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail()
    for account in ("mail", "sales"):
        await world.hub.accounts.remove(account)

    with pytest.raises(NotReachable):
        await world.reply(mara, entry.customer_id)
