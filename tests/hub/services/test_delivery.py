"""What colleagues and the other side do to a delivery: called back, tried again, receipted, and never taken back."""

import asyncio
import contextlib
import random
from collections import deque
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import Clock
from hub.ports.errors import Misconfigured, Rejected, Uncertain, Unreachable
from hub.ports.message import Receipt
from hub.security import Actor
from hub.services.delivery import NotFailed, NotWaiting
from tests.hub.answers import answered, failed, receipt, state
from tests.hub.fake_channel import id_of
from tests.hub.sums import sums
from tests.hub.world import World, number

# --- by hand ---


async def test_what_waits_can_be_called_back(world: World) -> None:
    mara, entry = await answered(world)

    await world.hub.delivery.cancel(mara, entry.delivery.id)
    await world.deliver()

    assert (await state(world, entry), world.provider.messages) == (("cancelled", ""), [])


async def test_what_waits_for_its_next_try_can_be_called_back(world: World, clock: Clock) -> None:
    mara, entry = await answered(world)
    world.provider.failures.append(Unreachable("Away."))
    await world.deliver()

    await world.hub.delivery.cancel(mara, entry.delivery.id)
    clock.move_by(timedelta(hours=1))
    await world.deliver()

    assert world.provider.messages == []


async def test_what_is_gone_cannot_be_called_back(world: World) -> None:
    mara, entry = await answered(world)
    await world.deliver()

    with pytest.raises(NotWaiting):
        await world.hub.delivery.cancel(mara, entry.delivery.id)


async def test_trying_again_is_a_new_delivery_and_the_failure_is_dealt_with(world: World) -> None:
    mara, entry = await answered(world)
    world.provider.failures.append(Rejected("No."))
    await world.deliver()

    await world.hub.delivery.retry(mara, entry.delivery.id)
    await world.deliver()

    rows = await world.table("deliveries")
    assert [(row.state, row.follows_id) for row in rows] == [("failed", None), ("sent", rows[0].id)]
    assert (await state(world, entry), await failed(world, entry)) == (("sent", ""), 0)
    with pytest.raises(NotFailed):
        await world.hub.delivery.retry(mara, entry.delivery.id)


async def test_a_second_click_on_try_again_does_nothing(world: World) -> None:
    mara, entry = await answered(world)
    world.provider.failures.append(Rejected("No."))
    await world.deliver()

    clicks = await asyncio.gather(
        *(world.hub.delivery.retry(mara, entry.delivery.id) for _ in range(4)), return_exceptions=True
    )

    assert sum(isinstance(click, NotFailed) for click in clicks) == 3
    assert await failed(world, entry) == 0
    assert len(await world.table("deliveries")) == 2


# --- what the other side tells ---


async def test_receipts_advance_a_delivery_and_never_take_it_back(world: World) -> None:
    _, entry = await answered(world)
    await world.deliver()

    await receipt(world, entry, "read")
    await receipt(world, entry, "delivered")

    shown = (await world.entry(entry.id)).delivery
    assert shown.state == "read"
    assert shown.delivered_at is not None


async def test_a_bounce_stands_at_the_message_that_bounced(world: World) -> None:
    mara, entry = await answered(world)
    await world.deliver()
    other = await world.reply(mara, entry.customer_id, "And this.")
    await world.deliver()

    await receipt(world, entry, "failed", reason="The mailbox is full.", code="5.2.2")

    assert await state(world, entry) == ("failed", "The mailbox is full.")
    assert await state(world, other) == ("sent", "")
    assert await failed(world, entry) == 1
    assert (await sums(world.hub))["receipt"] == 1


async def test_a_second_bounce_of_the_same_counts_once(world: World) -> None:
    _, entry = await answered(world)
    await world.deliver()
    await receipt(world, entry, "failed", reason="Full.")
    await receipt(world, entry, "failed", reason="Full.")

    assert await failed(world, entry) == 1


async def test_a_receipt_for_nothing_of_ours_is_ignored_with_a_reason(world: World) -> None:
    await world.offer(Receipt(external_id="1", provider_id="<nothing@of.ours>", state="delivered"))

    [row] = await world.table("intake")
    assert (row.state, row.reason) == ("ignored", "a receipt for nothing of ours")


# --- told before it was known as sent ---


async def being_sent(world: World) -> Any:
    """An answer is in the provider's hands, which has not said so yet."""
    _, entry = await answered(world)
    world.provider.open.clear()
    await world.hub.delivery.work()
    await world.provider.reached.wait()
    return entry


async def is_said_to_be_taken(world: World) -> None:
    world.provider.open.set()
    await world.hub.delivery.settled()
    world.db.clock.move_by(timedelta(minutes=1))
    await world.hub.reader.read_on()


def told(what: Any, world: World, **more: Any) -> Receipt:
    [part] = [part for _, part in world.provider.sent]
    return Receipt(external_id=f"{number()}", provider_id=id_of(part), state=what, **more)


@pytest.mark.parametrize("takes_ids", [True, False])
@pytest.mark.parametrize("what", ["sent", "delivered", "read", "failed"])
async def test_what_is_told_before_it_is_known_as_sent_counts(world: World, what: Any, takes_ids: bool) -> None:
    world.provider.takes_ids = takes_ids
    entry = await being_sent(world)
    await world.offer(told(what, world, reason="Full." if what == "failed" else ""))

    await is_said_to_be_taken(world)

    shown = (await world.entry(entry.id)).delivery
    assert (shown.state, shown.reason) == (what, "Full." if what == "failed" else "")
    assert shown.sent_at is not None
    assert await failed(world, entry) == (what == "failed")
    assert await sums(world.hub) == {"entry": 1, "receipt": 1}


async def test_what_is_told_early_in_the_wrong_order_ends_where_it_belongs(world: World) -> None:
    entry = await being_sent(world)
    await world.offer(told("read", world), told("delivered", world), told("sent", world))

    await is_said_to_be_taken(world)

    assert await state(world, entry) == ("read", "")
    assert (await sums(world.hub))["receipt"] == 3


async def test_an_early_receipt_counts_once_however_many_read_it(world: World) -> None:
    entry = await being_sent(world)
    await world.offer(told("failed", world, reason="Full."))
    world.provider.open.set()
    await world.hub.delivery.settled()
    world.db.clock.move_by(timedelta(minutes=1))

    await asyncio.gather(*(world.hub.reader.read_on() for _ in range(4)))

    assert await failed(world, entry) == 1


async def test_what_is_told_at_the_very_moment_it_is_sent_is_never_lost(world: World) -> None:
    """The receipt is read while the answer to the sending is written down."""
    for _ in range(8):
        entry = await being_sent(world)
        news = told("delivered", world)
        world.provider.open.set()
        await asyncio.gather(world.offer(news), world.hub.delivery.settled())
        world.db.clock.move_by(timedelta(minutes=1))
        await world.hub.reader.read_on()
        assert (await state(world, entry))[0] == "delivered"
        world.provider.sent.clear()
        world.provider.reached.clear()


async def test_a_mail_that_may_have_been_sent_is_known_to_be_when_its_receipt_comes(world: World) -> None:
    world.provider.takes_ids = True
    _, entry = await answered(world)
    world.provider.failures.append(Uncertain("The line broke."))
    await world.deliver()
    assert await failed(world, entry) == 1

    await receipt(world, entry, "delivered")

    assert (await state(world, entry), await failed(world, entry)) == (("delivered", ""), 0)


async def test_while_something_is_sent_receipts_for_others_are_not_lost_either(world: World) -> None:
    await being_sent(world)
    await world.offer(Receipt(external_id="1", provider_id="<nothing@of.ours>", state="delivered"))
    assert (await sums(world.hub))["stored"] == 1

    await is_said_to_be_taken(world)

    assert await sums(world.hub) == {"entry": 1, "ignored": 1}


# --- what nobody has dealt with ---


async def test_what_is_heard_of_a_try_that_was_repeated_changes_no_count(world: World) -> None:
    world.provider.takes_ids = True
    mara, entry = await answered(world)
    world.provider.failures.append(Uncertain("The line broke."))
    await world.deliver()
    [first] = await world.table("provider_ids")
    await world.hub.delivery.retry(mara, entry.delivery.id)
    world.provider.failures.append(Rejected("No."))
    await world.deliver()

    await world.offer(Receipt(external_id="1", provider_id=first.provider_id, state="delivered"))

    assert await failed(world, entry) == 1


class Course:
    """A conversation in which anything happens to its answers, in any order."""

    def __init__(self, world: World, actor: Actor, customer: int, seed: int) -> None:
        self._world = world
        self._actor = actor
        self._customer = customer
        self._random = random.Random(seed)

    async def step(self) -> None:
        await self._random.choice([self._answer, self._send, self._send, self._told, self._told, self._by_hand])()

    async def _answer(self) -> None:
        await self._world.reply(self._actor, self._customer, "a" * self._random.choice([3, 1003]))

    async def _send(self) -> None:
        problems = [None, Rejected("No."), Uncertain("Perhaps."), Unreachable("Away."), Misconfigured("Wrong.")]
        self._world.provider.failures = deque([self._random.choice(problems)])
        self._world.db.clock.move_by(timedelta(minutes=self._random.choice([0, 2, 20])))
        await self._world.hub.delivery.work()
        await self._world.hub.delivery.settled()

    async def _told(self) -> None:
        known = await self._world.table("provider_ids")
        if known:
            what: Any = self._random.choice(["sent", "delivered", "read", "delayed", "failed", "failed"])
            provider_id = self._random.choice(known).provider_id
            await self._world.offer(Receipt(external_id=f"{number()}", provider_id=provider_id, state=what))

    async def _by_hand(self) -> None:
        rows = await self._world.table("deliveries")
        act = self._random.choice([self._world.hub.delivery.retry, self._world.hub.delivery.cancel])
        if rows:
            with contextlib.suppress(NotFailed, NotWaiting):
                await act(self._actor, self._random.choice(rows).id)


@pytest.mark.parametrize("seed", range(6))
async def test_the_count_of_failures_is_what_counting_says_whatever_happens(world: World, seed: int) -> None:
    world.provider.takes_ids = True
    first = await world.mail()
    course = Course(world, await world.colleague(), first.customer_id, seed)
    states: dict[int, str] = {}
    for _ in range(40):
        await course.step()
        rows = await world.table("deliveries")
        followed = {row.follows_id for row in rows}
        undealt = [row for row in rows if row.state in {"failed", "uncertain"} and row.id not in followed]
        [request] = await world.table("requests")
        assert request.failed == len(undealt)
        for row in rows:
            assert not went_back(states.get(row.id, "queued"), row.state)
            states[row.id] = row.state


def went_back(before: str, after: str) -> bool:
    """Whether a receipt, or anything else, took back what was known."""
    known = ("sent", "delivered", "read")
    if before in known:
        return after not in ("failed", *known[known.index(before) :]) or (before == "read" and after == "failed")
    return before in ("failed", "cancelled") and after != before
