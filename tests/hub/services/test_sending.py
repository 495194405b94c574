"""What we accepted is handed over, tried again, failed or uncertain, by what the other side said; never sent twice."""

from datetime import timedelta

from hub.clock import Clock, to_datetime
from hub.ports.errors import Misconfigured, RateLimited, Rejected, Uncertain, Unreachable
from hub.services.delivery import LEASE_MS
from hub.services.sending import GIVE_UP_MS, claim
from tests.hub.answers import answered, failed, state
from tests.hub.world import World


async def test_a_reply_is_stored_before_it_is_sent(world: World) -> None:
    _, entry = await answered(world)

    assert (await state(world, entry), world.provider.messages) == (("queued", ""), [])
    await world.deliver()
    assert await state(world, entry) == ("sent", "")


async def test_what_is_being_sent_is_shown_so(world: World) -> None:
    _, entry = await answered(world)
    world.provider.open.clear()
    await world.hub.delivery.work()
    await world.provider.reached.wait()

    assert await state(world, entry) == ("sending", "")
    world.provider.open.set()
    await world.hub.delivery.settled()
    assert await state(world, entry) == ("sent", "")


# --- by class of failure ---


async def test_where_nobody_answers_it_is_tried_again_later(world: World, clock: Clock) -> None:
    _, entry = await answered(world)
    world.provider.failures.append(Unreachable("The mail server is away."))

    await world.deliver()
    assert await state(world, entry) == ("queued", "The mail server is away.")
    clock.move_by(timedelta(seconds=59))
    await world.deliver()
    assert world.provider.messages == []
    clock.move_by(timedelta(seconds=2))
    await world.deliver()
    assert await state(world, entry) == ("sent", "")
    assert await failed(world, entry) == 0


async def test_who_asks_to_wait_is_left_alone_for_as_long(world: World, clock: Clock) -> None:
    _, entry = await answered(world)
    world.provider.failures.append(RateLimited("Too much", retry_after=600))

    await world.deliver()
    clock.move_by(timedelta(seconds=590))
    await world.deliver()
    assert world.provider.messages == []
    clock.move_by(timedelta(seconds=11))
    await world.deliver()
    assert await state(world, entry) == ("sent", "")


async def test_what_is_refused_is_failed_at_once(world: World) -> None:
    _, entry = await answered(world)
    world.provider.failures.append(Rejected("No such mailbox.", code="550"))

    await world.deliver()

    shown = (await world.entry(entry.id)).delivery
    assert (shown.state, shown.reason, shown.code, shown.can_retry) == ("failed", "No such mailbox.", "550", True)
    assert await failed(world, entry) == 1


async def test_what_may_have_been_sent_is_never_sent_again_by_itself(world: World, clock: Clock) -> None:
    _, entry = await answered(world)
    world.provider.failures.append(Uncertain("The line broke."))

    await world.deliver()
    clock.move_by(timedelta(days=3))
    await world.deliver()

    assert await state(world, entry) == ("uncertain", "The line broke.")
    assert world.provider.messages == []
    assert await failed(world, entry) == 1


async def test_an_error_nobody_thought_of_is_uncertain(world: World) -> None:
    _, entry = await answered(world)
    world.provider.failures.append(ZeroDivisionError())

    await world.deliver()

    assert (await state(world, entry))[0] == "uncertain"


async def test_settings_that_do_not_work_are_shown_at_the_account(world: World, clock: Clock) -> None:
    _, entry = await answered(world)
    world.provider.failures.append(Misconfigured("Wrong password."))

    await world.deliver()

    [account] = [row for row in await world.table("accounts") if row.name == "mail"]
    assert (account.state, account.state_reason) == ("failing", "Wrong password.")
    assert await state(world, entry) == ("queued", "Wrong password.")
    clock.move_by(timedelta(minutes=2))
    await world.deliver()
    assert (await state(world, entry))[0] == "sent"


async def test_after_two_days_of_trying_it_is_failed(world: World, clock: Clock) -> None:
    _, entry = await answered(world)
    tries = 0
    while (await state(world, entry))[0] == "queued":
        world.provider.failures.append(Unreachable("Away."))
        await world.deliver()
        clock.move_by(timedelta(hours=1, seconds=1))
        tries += 1

    assert await state(world, entry) == ("failed", "Away.")
    assert 48 <= tries <= 55
    assert tries * 3_600_000 > GIVE_UP_MS


async def test_what_was_to_go_later_is_tried_for_two_days_from_then(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    first = await world.mail()
    at = to_datetime(clock.now()) + timedelta(days=9)
    entry = await world.reply(mara, first.customer_id, send_at=at)
    world.provider.failures.append(Unreachable("Away."))

    clock.move_by(timedelta(days=9, seconds=1))
    await world.deliver()

    assert await state(world, entry) == ("queued", "Away.")


async def test_an_account_that_was_removed_sends_nothing(world: World) -> None:
    _, entry = await answered(world)
    await world.hub.accounts.remove("mail")

    await world.deliver()

    assert await state(world, entry) == ("failed", "This account was removed.")


# --- a worker that died ---


async def test_what_a_dead_worker_was_sending_is_uncertain(world: World, clock: Clock) -> None:
    _, entry = await answered(world)
    assert await world.db.unit(claim, entry.delivery.id) is not None

    await world.hub.delivery.work()
    assert (await state(world, entry))[0] == "sending"
    clock.move_by(timedelta(milliseconds=LEASE_MS + 1))
    await world.hub.delivery.work()
    assert (await state(world, entry))[0] == "uncertain"
    assert await failed(world, entry) == 1


async def test_a_slow_send_of_this_hub_is_not_taken_for_dead(world: World, clock: Clock) -> None:
    _, entry = await answered(world)
    world.provider.open.clear()
    await world.hub.delivery.work()
    await world.provider.reached.wait()

    clock.move_by(timedelta(milliseconds=LEASE_MS + 1))
    await world.hub.delivery.work()
    assert (await state(world, entry))[0] == "sending"
    world.provider.open.set()
    await world.hub.delivery.settled()
    assert (await state(world, entry))[0] == "sent"


# --- in several parts ---


async def test_a_long_answer_goes_in_parts_one_after_the_other(world: World) -> None:
    _, entry = await answered(world, "a" * 1000 + "b" * 1000 + "c" * 10)
    world.provider.failures.extend([None, Unreachable("Away.")])

    await world.deliver()
    assert [message.text[0] for message in world.provider.messages] == ["a"]
    assert await state(world, entry) == ("queued", "Away.")

    world.db.clock.move_by(timedelta(minutes=2))
    await world.deliver()
    assert [message.text[0] for message in world.provider.messages] == ["a", "b", "c"]
    assert [row.part for row in await world.table("deliveries")] == [1, 2, 3]
    assert await state(world, entry) == ("sent", "")
