"""What monitoring is told of what waits, on both databases."""

from datetime import timedelta

import pytest

from hub.clock import Clock
from hub.ports.errors import Rejected, Unreachable
from hub.services import figures
from hub.services.figures import Figures
from tests.hub.world import World

# Deliveries of the first entry that are due, more of them than are counted.
MANY = """
INSERT INTO deliveries (entry_id, account_id, state, next_try_at, created_at)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10500)
SELECT (SELECT MIN(id) FROM entries), (SELECT id FROM accounts WHERE name = 'mail'), 'queued', n, n FROM numbers
"""


async def now(world: World) -> Figures:
    return await world.db.view(figures.figures)


async def test_deliveries_that_wait_are_told_by_account_and_state(world: World, clock: Clock) -> None:
    mail = await world.mail()
    ben = await world.colleague("Ben")
    world.provider.failures.append(Unreachable("Nobody there"))
    await world.reply(ben, mail.customer_id)
    clock.move_by(timedelta(minutes=2))
    await world.deliver()
    await world.reply(ben, mail.customer_id, "And one more thing.")

    [queued] = (await now(world)).deliveries

    assert (queued.channel, queued.state, queued.count) == ("fake", "queued", 2)
    assert 100 < queued.oldest_s < 200


async def test_what_was_sent_or_has_failed_does_not_wait(world: World, clock: Clock) -> None:
    mail = await world.mail()
    ben = await world.colleague("Ben")
    for failure in (None, Rejected("No such mailbox")):
        world.provider.failures.append(failure)
        await world.reply(ben, mail.customer_id)
        clock.move_by(timedelta(minutes=2))
        await world.deliver()

    assert (await now(world)).deliveries == []


async def test_account_that_fails_does_not_work(world: World) -> None:
    await world.hub.accounts.set_state(world.accounts["sales"].id, "failing", "signed out")

    working = (await now(world)).accounts

    assert working["sales", "fake"] is False
    assert working["mail", "fake"] is True


async def test_no_more_is_counted_than_is_quick(world: World) -> None:
    await world.mail()
    await world.execute(MANY)

    assert sum(one.count for one in (await now(world)).deliveries) == 10_000


@pytest.mark.parametrize("name", ["open", "unassigned", "failed"])
async def test_lists_are_told_by_their_counters(world: World, name: str) -> None:
    await world.mail()

    assert (await now(world)).requests.get(name, 0) == (0 if name == "failed" else 1)
