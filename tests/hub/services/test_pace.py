"""The pace that visitors are told is what really happened in the last hour, and nothing where that is too little."""

from datetime import timedelta

from hub.clock import Clock
from hub.services.pace import Pace
from hub.services.replies import First
from tests.hub.world import World


async def answered(world: World, clock: Clock, minutes: int, subject: str) -> None:
    """A matter whose first answer took so long."""
    entry = await world.mail("Where is it?", f"{subject}@example.com")
    clock.move_by(timedelta(minutes=minutes))
    await world.reply(await world.colleague(), entry.customer_id)


async def test_half_of_the_customers_wait_less(world: World, clock: Clock) -> None:
    for minutes in (2, 4, 20):
        await answered(world, clock, minutes, f"after-{minutes}")

    assert await Pace(world.db).minutes() == 4


async def test_two_answers_are_no_pace(world: World, clock: Clock) -> None:
    for minutes in (2, 4):
        await answered(world, clock, minutes, f"after-{minutes}")

    assert await Pace(world.db).minutes() is None


async def test_what_was_answered_earlier_counts_no_more(world: World, clock: Clock) -> None:
    for minutes in (2, 4, 20):
        await answered(world, clock, minutes, f"after-{minutes}")
    clock.move_by(timedelta(minutes=61))

    assert await Pace(world.db).minutes() is None


async def test_writing_first_counts_in_no_pace(world: World, clock: Clock) -> None:
    for minutes in (2, 4):
        await answered(world, clock, minutes, f"after-{minutes}")
    first = First(text="Your parcel is here.", client_key="k", kind="email", address="new@example.com")
    await world.hub.replies.write_first(await world.colleague(), first)

    assert await Pace(world.db).minutes() is None


async def test_history_counts_in_no_pace(world: World, clock: Clock) -> None:
    for minutes in (2, 4):
        await answered(world, clock, minutes, f"after-{minutes}")
    old = await world.mail("Years ago", "old@example.com", backfilled=True)
    clock.move_by(timedelta(minutes=30))
    await world.reply(await world.colleague(), old.customer_id)

    assert await Pace(world.db).minutes() is None
