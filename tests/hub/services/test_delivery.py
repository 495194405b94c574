"""What we accepted is delivered, or shown as failed or uncertain with a reason; and never sent twice by itself."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hub.bootstrap import Hub
from hub.clock import Clock
from hub.ports.errors import Misconfigured, RateLimited, Rejected, Uncertain, Unreachable
from hub.ports.message import Receipt
from hub.repositories import deliveries as deliveries_sql
from hub.security import Actor
from hub.services import delivery
from hub.services.delivery import GIVE_UP_MS, LEASE_MS, NotFailed, NotWaiting
from tests.hub.world import World, number


async def answered(world: World, text: str = "Yes.") -> tuple[Actor, Any]:
    """A colleague has answered a mail; it waits to be sent."""
    mara = await world.colleague()
    first = await world.mail(f"Hello {number()}")
    return mara, await world.reply(mara, first.customer_id, text)


async def state(world: World, entry: Any) -> tuple[str, str]:
    shown = (await world.entry(entry.id)).delivery
    return shown.state, shown.reason


async def failed(world: World, entry: Any) -> int:
    [row] = [row for row in await world.table("requests") if row.id == entry.request_id]
    return int(row.failed)


async def receipt(world: World, entry: Any, what: Any, **more: Any) -> None:
    [sent] = [row for row in await world.table("provider_ids") if row.delivery_id == entry.delivery.id]
    news = Receipt(external_id=f"{number()}", provider_id=sent.provider_id, state=what, **more)
    await world.offer(news)


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
    from hub.clock import to_datetime

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
    assert await world.db.unit(delivery._claim, entry.delivery.id) is not None

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


async def test_two_workers_never_send_one_twice(world: World, provider: Any) -> None:
    """Each has its own eyes on the same table, as two nodes of a cluster have."""
    first = await world.mail()
    mara = await world.colleague()
    for i in range(12):
        await world.reply(mara, first.customer_id, f"Answer {i}")
    workers = [world.hub.delivery, *(_another(world.hub) for _ in range(2))]

    while await world.db.view(lambda rd: rd.all(deliveries_sql.due, now=rd.now)):
        await asyncio.gather(*(worker.work() for worker in workers))
        await asyncio.gather(*(worker.settled() for worker in workers))

    assert sorted(message.text for message in provider.messages) == sorted(f"Answer {i}" for i in range(12))
    assert {row.state for row in await world.table("deliveries")} == {"sent"}


def _another(hub: Hub) -> delivery.Delivery:
    return delivery.Delivery(hub.db, hub.channels, hub.accounts, hub.outgoing)


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
    assert (await world.hub.reader.sums())["receipt"] == 1


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


# --- a chat answer follows by mail ---


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

    await asyncio.gather(*(_another(world.hub).work() for _ in range(4)))
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


# --- the worker itself ---


async def test_the_worker_sends_what_is_stored_while_it_works(world: World) -> None:
    work = asyncio.create_task(world.hub.delivery.run())
    _, entry = await answered(world)
    world.hub.delivery.wake()

    async with asyncio.timeout(20):
        await world.provider.reached.wait()
    await world.hub.delivery.settled()
    work.cancel()

    assert await state(world, entry) == ("sent", "")
