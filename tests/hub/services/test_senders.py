"""Who is vouched for in a session has written what came in it before: on both databases, and all at once."""

from typing import Any

from hub.ports.message import Address, InboundMessage
from tests.hub.world import World, at_once, number


async def bring(world: World, address: str = "anna@example.com", session: str = "s1", *, vouched: bool = False) -> Any:
    message = InboundMessage(
        external_id=f"m{number()}",
        sender=Address(kind="email", address=address),
        text="Hello",
        session=session,
        proof="signed" if vouched else None,
        proof_method="shop" if vouched else "",
    )
    return await world.hub.intake.take(world.accounts["api"], message, message.external_id.encode())


async def test_what_a_session_wrote_before_joins_whom_it_is_proven_to_be(world: World) -> None:
    known = await bring(world, session="", vouched=True)
    before = await bring(world)

    await bring(world, vouched=True)
    later = await bring(world)

    screen = await world.screen(known.customer_id)
    assert len(screen.entries) == 4
    assert later.customer_id == known.customer_id
    assert [one.id for one in screen.customer.conversations] == [known.conversation_id, before.conversation_id]


async def test_a_session_proven_before_it_wrote_makes_no_second_customer(world: World) -> None:
    proven = await bring(world, vouched=True)
    later = await bring(world, "other@example.com")

    assert later.customer_id == proven.customer_id
    assert len(await world.table("customers")) == 1


async def test_an_address_that_nobody_holds_is_held_by_the_sessions_customer(world: World) -> None:
    before = await bring(world)

    proven = await bring(world, vouched=True)

    assert (proven.customer_id, proven.conversation_id) == (before.customer_id, before.conversation_id)
    assert not (await world.screen(before.customer_id)).customer.provisional


async def test_messages_of_one_session_at_once_are_one_customers(world: World) -> None:
    await at_once([bring(world, vouched=n % 2 == 0) for n in range(12)])

    roots = [row for row in await world.table("customers") if row.merged_into is None]
    assert len(roots) == 1
    assert len((await world.screen(roots[0].id)).entries) == 12
