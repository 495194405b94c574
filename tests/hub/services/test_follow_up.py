"""A chat answer whose visitor has left follows by mail: once, all of it, and only where they gave an address."""

import asyncio
from datetime import timedelta
from typing import Any

from hub.clock import Clock
from hub.ports.errors import Rejected, Unreachable
from hub.security import Actor
from tests.hub.answers import another, failed, state
from tests.hub.world import World


async def gone_visitor(world: World, answers: int = 1) -> tuple[Actor, int, list[Any]]:
    mara = await world.colleague()
    visitor = await world.visitor()
    said = await world.chat(visitor, "Anybody there?")
    await world.hub.visitors.leave_email(visitor, "v@example.com")
    entries = [await world.reply(mara, said.customer_id, f"Answer {i}") for i in range(answers)]
    await world.hub.visitors.went(visitor)
    return mara, visitor, entries


async def test_several_chat_answers_follow_in_one_mail(world: World) -> None:
    _, _, entries = await gone_visitor(world, 3)

    await world.hub.delivery.work()
    await world.deliver()

    [message] = world.provider.messages
    assert (message.to.address, message.text) == ("v@example.com", "Answer 0\n\nAnswer 1\n\nAnswer 2")
    assert "/disown/" in message.disown_url
    for entry in entries:
        shown = (await world.entry(entry.id)).delivery
        assert (shown.state, shown.moved_to.address) == ("sent", "v@example.com")


async def test_a_visitor_who_is_here_gets_no_mail(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    visitor = await world.visitor()
    said = await world.chat(visitor)
    await world.hub.visitors.leave_email(visitor, "v@example.com")
    entry = await world.reply(mara, said.customer_id)

    await world.look(visitor)
    clock.move_by(timedelta(minutes=10))
    await world.hub.delivery.work()
    await world.hub.visitors.went(visitor)
    await world.hub.delivery.work()
    await world.deliver()

    assert world.provider.messages == []
    assert (await state(world, entry))[0] == "delivered"


async def test_a_chat_answer_follows_once_however_often_the_visitor_comes_and_goes(world: World) -> None:
    _, visitor, _ = await gone_visitor(world)
    for _ in range(3):
        await world.hub.delivery.work()
        await world.deliver()
        await world.look(visitor)
        await world.hub.visitors.went(visitor)

    assert len(world.provider.messages) == 1


async def test_two_workers_let_a_chat_answer_follow_once(world: World) -> None:
    await gone_visitor(world, 2)

    await asyncio.gather(*(another(world.hub).work() for _ in range(4)))
    await world.deliver()

    assert len(world.provider.messages) == 1


async def test_a_mail_for_several_chat_answers_that_failed_is_sent_again_whole(world: World) -> None:
    mara, _, entries = await gone_visitor(world, 2)
    world.provider.failures.append(Rejected("No."))
    await world.hub.delivery.work()
    await world.deliver()
    shown = (await world.entry(entries[0].id)).delivery
    assert (shown.state, await failed(world, entries[0])) == ("failed", 2)

    await world.hub.delivery.retry(mara, shown.id)
    await world.deliver()

    assert [message.text for message in world.provider.messages] == ["Answer 0\n\nAnswer 1"]
    assert [(await world.entry(entry.id)).delivery.state for entry in entries] == ["sent", "sent"]
    assert await failed(world, entries[0]) == 0


async def test_answers_that_go_in_one_mail_wait_with_it(world: World, clock: Clock) -> None:
    _, _, entries = await gone_visitor(world, 3)
    world.provider.failures.append(Unreachable("Away."))
    await world.hub.delivery.work()
    await world.deliver()
    assert [(await state(world, entry))[0] for entry in entries] == ["queued"] * 3

    clock.move_by(timedelta(minutes=2))
    await world.deliver()

    assert [message.text for message in world.provider.messages] == ["Answer 0\n\nAnswer 1\n\nAnswer 2"]
    assert [await state(world, entry) for entry in entries] == [("sent", "")] * 3


async def test_answers_that_go_in_one_mail_are_called_back_together(world: World) -> None:
    mara, _, entries = await gone_visitor(world, 2)
    world.provider.failures.append(Unreachable("Away."))
    await world.hub.delivery.work()
    await world.deliver()

    await world.hub.delivery.cancel(mara, (await world.entry(entries[0].id)).delivery.id)

    assert [(await state(world, entry))[0] for entry in entries] == ["cancelled"] * 2


async def test_a_chat_answer_without_an_address_waits_in_the_window(world: World) -> None:
    mara = await world.colleague()
    visitor = await world.visitor()
    said = await world.chat(visitor)
    entry = await world.reply(mara, said.customer_id)
    await world.hub.visitors.went(visitor)
    await world.hub.delivery.work()
    assert (await state(world, entry))[0] == "sent"

    await world.hub.visitors.leave_email(visitor, "late@example.com")
    await world.hub.visitors.went(visitor)
    await world.hub.delivery.work()
    await world.deliver()

    assert [message.to.address for message in world.provider.messages] == ["late@example.com"]
