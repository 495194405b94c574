"""Visitors see what was said in their own session and nothing else, however they come back."""

import pytest

from hub.errors import Invalid
from hub.services import joining
from hub.services.identities import Arrival
from hub.services.visitor_identity import Identity, NoSuchVisitor, SomebodyElse
from tests.hub.world import World, at_once


async def test_a_visitor_becomes_a_customer_with_the_first_message(world: World) -> None:
    visitor = await world.visitor()
    assert await world.table("customers") == []

    said = await world.chat(visitor)

    assert (await world.screen(said.customer_id)).customer.provisional
    assert said.endpoint.kind == "visitor"


async def test_the_same_key_at_once_is_one_message(world: World) -> None:
    visitor = await world.visitor()

    said = await at_once([world.chat(visitor, key="k") for _ in range(8)])

    assert len({entry.id for entry in said}) == 1


async def test_first_messages_at_once_are_one_customer(world: World) -> None:
    visitor = await world.visitor()

    said = await at_once([world.chat(visitor, f"{n}") for n in range(8)])

    assert len({entry.customer_id for entry in said}) == 1
    assert sorted(entry.seq for entry in said) == list(range(1, 9))


async def test_a_window_holds_this_sessions_messages_only(world: World) -> None:
    mara = await world.colleague()
    first, second = await world.visitor(), await world.visitor()
    web = world.accounts["web"]
    for visitor in (first, second):
        await world.hub.visitors.identify(visitor, web, Identity(subject="7", email="anna@example.com"))
    said = await world.chat(first, "In the first")
    await world.chat(second, "In the second")
    await world.mail("By mail")
    await world.reply(mara, said.customer_id, "To the first", endpoint=said.endpoint.id)

    assert await world.look(first) == ["In the first", "To the first"]
    assert await world.look(second) == ["In the second"]


async def test_what_a_proven_customer_wrote_joins_nobody_else_who_signs_in_there(world: World) -> None:
    visitor, web = await world.visitor(), world.accounts["web"]
    said = await world.chat(visitor, "Where is it?")
    answered = Arrival(kind="email", scope="", address="pia@example.com", name="", proof="link", method="mail answer")
    await world.db.unit(joining.prove, said.customer_id, answered, "DE")
    anna, pia = Identity(subject="7", email="anna@example.com"), Identity(subject="8", email="pia@example.com")

    assert await world.hub.visitors.is_somebody_else(visitor, web, anna)
    with pytest.raises(SomebodyElse):
        await world.hub.visitors.identify(visitor, web, anna)
    assert not await world.hub.visitors.is_somebody_else(visitor, web, pia)
    await world.hub.visitors.identify(visitor, web, pia)

    endpoints = (await world.screen(said.customer_id)).customer.endpoints
    assert {endpoint.address for endpoint in endpoints if endpoint.kind == "email"} == {"pia@example.com"}


async def test_notes_and_names_of_families_stay_with_us(world: World) -> None:
    mara = await world.colleague("Mara Lindqvist")
    visitor = await world.visitor()
    said = await world.chat(visitor)
    from hub.services.notes import add_note

    await world.db.unit(add_note, mara, said.customer_id, "Careful", None, None)
    await world.reply(mara, said.customer_id)

    messages = (await world.hub.visitors.window(visitor)).messages
    assert [(message.sender, message.author) for message in messages] == [("visitor", ""), ("us", "Mara")]


async def test_a_long_window_is_read_page_by_page(world: World) -> None:
    visitor = await world.visitor()
    for number in range(45):
        await world.chat(visitor, f"{number}")

    newest = await world.hub.visitors.window(visitor)
    older = await world.hub.visitors.window(visitor, newest.messages[0].id)

    assert (newest.more, older.more) == (True, False)
    assert [message.text for message in [*older.messages, *newest.messages]] == [f"{n}" for n in range(45)]


async def test_a_token_opens_its_window_until_it_is_forgotten(world: World) -> None:
    visitor, token = await world.hub.visitors.begin(world.accounts["web"])
    known = await world.hub.visitors.known(token)
    assert known is not None
    assert known.id == visitor

    await world.hub.visitors.forget(visitor)

    assert await world.hub.visitors.known(token) is None
    with pytest.raises(NoSuchVisitor):
        await world.chat(visitor)


async def test_a_proof_gives_a_new_token_and_the_old_one_opens_nothing(world: World) -> None:
    visitor, token = await world.hub.visitors.begin(world.accounts["web"])

    fresh = await world.hub.visitors.identify(visitor, world.accounts["web"], Identity(subject="7"))

    assert await world.hub.visitors.known(token) is None
    assert (await world.hub.visitors.known(fresh)).id == visitor  # type: ignore[union-attr]


async def test_what_was_read_is_shown_to_colleagues(world: World) -> None:
    mara = await world.colleague()
    visitor = await world.visitor()
    said = await world.chat(visitor)
    answer = await world.reply(mara, said.customer_id)
    assert answer.delivery.state == "sent"

    await world.look(visitor)
    assert (await world.entry(answer.id)).delivery.state == "delivered"
    await world.hub.visitors.seen(visitor, world.hub.visitors.screen.id_of(answer.id))
    assert (await world.entry(answer.id)).delivery.state == "read"


@pytest.mark.parametrize("text", ["", " \n", "x" * 10_001])
async def test_nothing_and_too_much_are_refused(world: World, text: str) -> None:
    visitor = await world.visitor()

    with pytest.raises(Invalid):
        await world.chat(visitor, text)
    assert await world.table("entries") == []


@pytest.mark.parametrize("email", ["", "nobody", "a@b@", "x\x00@example.com"])
async def test_an_address_that_is_none_is_refused(world: World, email: str) -> None:
    visitor = await world.visitor()
    await world.chat(visitor)

    with pytest.raises(Invalid):
        await world.hub.visitors.leave_email(visitor, email)


@pytest.mark.parametrize("message_id", ["", "1", "x" * 22, "A" * 22])
async def test_a_message_id_that_we_did_not_give_is_refused(world: World, message_id: str) -> None:
    visitor = await world.visitor()
    await world.chat(visitor)

    with pytest.raises(Invalid):
        await world.hub.visitors.seen(visitor, message_id)
