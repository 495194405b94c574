"""What is due goes out, once, whoever works at it; no account holds up another, and a conversation's order is kept."""

import asyncio
from typing import Any

from hub.repositories import deliveries as deliveries_sql
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
