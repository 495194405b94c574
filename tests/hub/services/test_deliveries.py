"""What is due goes out, once, whoever works at it; no account holds up another, and a conversation's order is kept."""

import asyncio
from datetime import timedelta
from typing import Any

from hub.clock import Clock, to_datetime
from hub.ports.errors import Rejected, Unreachable
from hub.repositories import deliveries as deliveries_sql
from hub.services.deliveries import AT_ONCE_PER_ACCOUNT
from hub.services.delivery import LEASE_MS
from tests.hub.answers import another, answered, state
from tests.hub.world import World


async def test_two_workers_never_send_one_twice(world: World, provider: Any) -> None:
    first = await world.mail()
    mara = await world.colleague()
    for i in range(12):
        await world.reply(mara, first.customer_id, f"Answer {i}")
    workers = [world.hub.delivery, *(another(world.hub) for _ in range(2))]

    while await world.db.view(lambda rd: rd.all(deliveries_sql.due, now=rd.now, full=[])):
        await asyncio.gather(*(worker.work() for worker in workers))
        await asyncio.gather(*(worker.settled() for worker in workers))

    assert sorted(message.text for message in provider.messages) == sorted(f"Answer {i}" for i in range(12))
    assert {row.state for row in await world.table("deliveries")} == {"sent"}


async def test_the_worker_sends_what_is_stored_while_it_works(world: World) -> None:
    work = asyncio.create_task(world.hub.delivery.run())
    _, entry = await answered(world)
    world.hub.delivery.wake()

    async with asyncio.timeout(20):
        await world.provider.reached.wait()
    await world.hub.delivery.settled()
    work.cancel()

    assert await state(world, entry) == ("sent", "")


# --- no account holds up another ---


async def wait_until_reached(world: World, count: int) -> None:
    async with asyncio.timeout(20):
        while len(world.provider.sent) < count:
            world.provider.reached.clear()
            await world.provider.reached.wait()


async def answers_by(world: World, account: str, count: int) -> list[Any]:
    mara = await world.colleague()
    asked = [await world.mail(f"Hello {n}", f"{account}{n}@example.com") for n in range(count)]
    return [await world.reply(mara, mail.customer_id, f"By {account}", account=account) for mail in asked]


async def test_an_account_that_hangs_holds_up_no_other(world: World) -> None:
    world.provider.hanging.add("mail")
    await answers_by(world, "mail", 12)
    others = await answers_by(world, "sales", 6)
    work = asyncio.create_task(world.hub.delivery.run())

    await wait_until_reached(world, AT_ONCE_PER_ACCOUNT + 6)
    while [row.state for row in await world.table("deliveries")].count("sent") < 6:
        await asyncio.wait(world.hub.delivery._under_way.values(), timeout=0.1)

    assert [await state(world, entry) for entry in others] == [("sent", "")] * 6
    accounts = [account for account, _ in world.provider.sent]
    assert (accounts.count("mail"), accounts.count("sales")) == (AT_ONCE_PER_ACCOUNT, 6)
    work.cancel()
    await let_go(world)


async def test_who_sends_nothing_may_begin_however_many_others_hang(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("hub.services.deliveries.AT_ONCE", 2)
    world.provider.hanging.add("mail")
    await answers_by(world, "mail", 4)
    [other] = await answers_by(world, "sales", 1)

    await world.hub.delivery.work()
    await wait_until_reached(world, 3)

    accounts = [account for account, _ in world.provider.sent]
    assert (accounts.count("mail"), accounts.count("sales")) == (2, 1)
    assert (await state(world, other))[0] in {"sending", "sent"}
    await let_go(world)


async def test_a_long_queue_of_one_account_is_no_queue_of_another(world: World) -> None:
    """More wait at one that hangs than are looked at in one go."""
    world.provider.hanging.add("mail")
    [entry] = await answers_by(world, "mail", 1)
    columns = "entry_id, account_id, state, next_try_at, created_at, details"
    to = '{"to": "third@example.com", "to_kind": "email"}'
    row = f"SELECT {entry.id}, account_id, 'queued', 1, created_at, '{to}' FROM deliveries"
    for _ in range(8):
        await world.execute(f"INSERT INTO deliveries ({columns}) {row}")
    await answers_by(world, "sales", 1)

    await world.hub.delivery.work()
    await wait_until_reached(world, AT_ONCE_PER_ACCOUNT + 1)

    assert [account for account, _ in world.provider.sent].count("sales") == 1
    await let_go(world)


async def let_go(world: World) -> None:
    """Who waits for a server that never answers is not waited for."""
    for task in list(world.hub.delivery._under_way.values()):
        task.cancel()
    await world.hub.delivery.settled()


# --- in order ---


async def test_answers_of_one_conversation_leave_in_order(world: World, clock: Clock) -> None:
    first = await world.mail()
    mara = await world.colleague()
    for n in range(6):
        await world.reply(mara, first.customer_id, f"{n}" * (1003 if n == 2 else 3))
    world.provider.failures.extend([None, None, None, Unreachable("Away.")])

    await world.deliver()
    assert [message.text[0] for message in world.provider.messages] == ["0", "1", "2"]
    clock.move_by(timedelta(minutes=2))
    await world.deliver()

    assert [message.text[0] for message in world.provider.messages] == ["0", "1", "2", "2", "3", "4", "5"]


async def test_what_is_being_sent_is_waited_for_and_what_goes_later_is_not(world: World, clock: Clock) -> None:
    first = await world.mail()
    mara = await world.colleague()
    at = to_datetime(clock.now()) + timedelta(hours=2)
    await world.reply(mara, first.customer_id, "Later", send_at=at)
    await world.reply(mara, first.customer_id, "One")
    await world.reply(mara, first.customer_id, "Two")
    world.provider.open.clear()

    await world.hub.delivery.work()
    await world.provider.reached.wait()
    clock.move_by(timedelta(milliseconds=LEASE_MS - 1000))
    await world.hub.delivery.work()
    assert [message.text for message in world.provider.messages] == ["One"]
    world.provider.open.set()
    await world.hub.delivery.settled()
    await world.deliver()

    assert [message.text for message in world.provider.messages] == ["One", "Two"]


async def test_what_failed_or_fails_again_and_again_holds_back_nothing(world: World, clock: Clock) -> None:
    first = await world.mail()
    mara = await world.colleague()
    for text in ("Refused", "Stuck", "Fine"):
        await world.reply(mara, first.customer_id, text)
    world.provider.failures.extend([Rejected("No."), *[Unreachable("Away.")] * 3])

    for _ in range(4):
        await world.deliver()
        clock.move_by(timedelta(minutes=6))
    assert [message.text for message in world.provider.messages] == ["Fine"]


async def test_another_customer_is_not_held_back(world: World) -> None:
    mara = await world.colleague()
    for sender in ("one@example.com", "two@example.com"):
        mail = await world.mail("Hello", sender)
        await world.reply(mara, mail.customer_id, f"To {sender}")
    world.provider.failures.append(Unreachable("Away."))

    await world.deliver()

    assert len(world.provider.messages) == 1
