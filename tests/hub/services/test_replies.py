"""Answers: refused when something was said since, stored before sent, to one endpoint that is this customer's."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from hub.clock import Clock, to_datetime
from hub.errors import Forbidden, Invalid, NotFound
from hub.ports.commerce import Order, OrderCustomer
from hub.services.client_keys import ClientKeyReused
from hub.services.destinations import DestinationUnverified, NotReachable
from hub.services.replies import First, Reply
from hub.services.staleness import Stale
from tests.hub.world import CUSTOMER, World, number

OTHER = "ben@example.com"


async def merged(world: World) -> tuple[Any, Any]:
    """Two customers on one screen; the entries with which they came, the survivor's first."""
    one, other = await world.mail(), await world.mail(sender=OTHER)
    await world.execute(f"UPDATE customers SET merged_into = {one.customer_id} WHERE id = {other.customer_id}")
    return one, other


async def missed(world: World, actor: Any, customer_id: int, base: dict[int, int], **more: Any) -> list[int]:
    """The entries for which a reply on this base is refused; none when it goes through."""
    try:
        await world.reply(actor, customer_id, base=base, **more)
    except Stale as problem:
        return [entry["id"] for entry in problem.members["missed"]]
    return []


# --- stale ---


async def test_a_reply_is_refused_when_the_customer_said_something_since(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    base = await world.base(first.customer_id)
    second = await world.mail("Forget it.")

    assert await missed(world, mara, first.customer_id, base) == [second.id]
    assert await world.table("deliveries") == []


async def test_it_goes_through_when_sent_again_having_seen_it(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    base = await world.base(first.customer_id)
    await world.mail("Forget it.")
    await missed(world, mara, first.customer_id, base, client_key="k")

    entry = await world.reply(mara, first.customer_id, client_key="k")

    assert entry.direction == "out"


async def test_a_reply_is_refused_when_a_colleague_answered_or_noted_since(world: World) -> None:
    mara, theo = await world.colleague(), await world.colleague("Theo")
    first = await world.mail()
    base = await world.base(first.customer_id)
    answer = await world.reply(theo, first.customer_id)
    note, _ = await world.db.unit(_note, theo, first.customer_id)

    assert await missed(world, mara, first.customer_id, base) == [answer.id, note]


def _note(tx: Any, actor: Any, customer_id: int) -> tuple[int, bool]:
    from hub.services.notes import add_note

    return add_note(tx, actor, customer_id, "Careful", None, None)


async def test_ones_own_messages_are_not_missed(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    base = await world.base(first.customer_id)
    await world.reply(mara, first.customer_id, "One")

    assert await missed(world, mara, first.customer_id, base) == []


async def test_automatic_messages_are_not_missed(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    base = await world.base(first.customer_id)
    await world.mail("I am away until Monday.", automatic=True)

    assert await missed(world, mara, first.customer_id, base) == []


async def test_history_brought_in_later_is_not_missed(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    base = await world.base(first.customer_id)
    await world.mail("Years ago", backfilled=True)

    assert await missed(world, mara, first.customer_id, base) == []


async def test_what_an_order_does_is_not_missed(world: World, clock: Clock) -> None:
    mara, shop = await world.colleague(), await world.colleague("Shop", "admin")
    first = await world.mail()
    base = await world.base(first.customer_id)
    now = to_datetime(clock.now())
    order = Order(status="placed", updated_at=now, customer=OrderCustomer(email=CUSTOMER))
    await world.hub.orders.put(shop, "shop", "10492", order)

    assert [entry.kind for entry in (await world.screen(first.customer_id)).entries] == ["message", "order"]
    assert await missed(world, mara, first.customer_id, base) == []


async def test_a_reply_is_refused_when_the_request_was_given_to_somebody_else_since(world: World) -> None:
    mara, theo = await world.colleague(), await world.colleague("Theo")
    first = await world.mail()
    base = await world.base(first.customer_id)
    await world.hub.requests.assign(theo, first.request_id, owner_id=theo.id)

    [entry_id] = await missed(world, mara, first.customer_id, base, request=first.request_id)

    assert (await world.entry(entry_id)).kind == "assignment"


async def test_a_request_given_to_the_sender_does_not_stop_them(world: World) -> None:
    mara, theo = await world.colleague(), await world.colleague("Theo")
    first = await world.mail()
    base = await world.base(first.customer_id)
    await world.hub.requests.assign(theo, first.request_id, owner_id=mara.id)

    assert await missed(world, mara, first.customer_id, base) == []


async def test_a_request_that_was_somebody_elses_before_does_not_stop_the_sender(world: World) -> None:
    mara, theo = await world.colleague(), await world.colleague("Theo")
    first = await world.mail()
    await world.hub.requests.assign(theo, first.request_id, owner_id=theo.id)
    base = await world.base(first.customer_id)

    assert await missed(world, mara, first.customer_id, base) == []


async def test_what_was_said_in_a_joined_conversation_that_is_not_named_counts_from_then_on(world: World) -> None:
    mara = await world.colleague()
    one, other = await merged(world)
    base = {other.conversation_id: other.seq}

    assert await missed(world, mara, one.customer_id, base) == []

    newer = await world.mail("And another thing")
    assert await missed(world, mara, one.customer_id, {other.conversation_id: other.seq}) == [newer.id]


async def test_a_joined_conversation_that_was_never_seen_is_missed(world: World) -> None:
    mara = await world.colleague()
    one, other = await merged(world)

    assert await missed(world, mara, one.customer_id, {one.conversation_id: one.seq}) == [other.id]


async def test_a_request_in_a_conversation_not_named_may_have_been_given_away_too(world: World) -> None:
    mara, theo = await world.colleague(), await world.colleague("Theo")
    one, other = await merged(world)
    await world.hub.requests.assign(theo, one.request_id, owner_id=theo.id)

    [entry_id] = await missed(world, mara, one.customer_id, {other.conversation_id: other.seq}, request=one.request_id)

    assert (await world.entry(entry_id)).kind == "assignment"


async def test_stale_is_judged_before_reachability(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    base = await world.base(first.customer_id)
    await world.mail("More")

    with pytest.raises(Stale):
        await world.reply(mara, first.customer_id, base=base, endpoint=999_999)


async def test_of_many_colleagues_who_answer_at_once_one_is_first(world: World) -> None:
    first = await world.mail()
    colleagues = [await world.colleague(name) for name in ("A", "B", "C", "D", "E", "F")]
    base = await world.base(first.customer_id)

    done = await asyncio.gather(
        *(world.reply(actor, first.customer_id, base=base) for actor in colleagues), return_exceptions=True
    )

    assert sum(isinstance(answer, Stale) for answer in done) == 5
    assert len(await world.table("deliveries")) == 1


async def test_a_reply_never_overtakes_what_the_customer_says_at_the_same_moment(world: World) -> None:
    """Whichever is stored first, no reply stands after words that its author had not seen."""
    mara = await world.colleague()
    first = await world.mail()
    base = await world.base(first.customer_id)

    await asyncio.gather(*(world.mail(f"More {i}") for i in range(5)), missed(world, mara, first.customer_id, base))

    entries = await world.table("entries")
    answers = [row.seq for row in entries if row.direction == "out"]
    assert answers in ([], [2])


# --- the same key ---


async def test_the_same_key_again_is_the_same_reply(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    answer = await world.reply(mara, first.customer_id, client_key="k")
    await world.mail("Since")

    again = Reply(customer=first.customer_id, base={}, text="Yes.", client_key="k")

    assert await world.hub.replies.send(mara, again) == (answer.id, True)
    assert len(await world.table("deliveries")) == 1


async def test_the_same_key_at_once_is_one_reply(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    reply = Reply(customer=first.customer_id, base=await world.base(first.customer_id), text="Yes.", client_key="k")

    sent = await asyncio.gather(*(world.hub.replies.send(mara, reply) for _ in range(8)))

    assert len({entry_id for entry_id, _ in sent}) == 1
    assert sum(not before for _, before in sent) == 1


async def test_the_same_key_with_another_text_is_refused(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    await world.reply(mara, first.customer_id, client_key="k")

    with pytest.raises(ClientKeyReused):
        await world.reply(mara, first.customer_id, "No.", client_key="k")


async def test_another_colleague_may_use_the_same_key(world: World) -> None:
    mara, theo = await world.colleague(), await world.colleague("Theo")
    first = await world.mail()
    one = await world.reply(mara, first.customer_id, client_key="k")

    assert (await world.reply(theo, first.customer_id, client_key="k")).id != one.id


# --- where it goes ---


async def test_an_answer_goes_to_the_endpoint_last_heard_from(world: World) -> None:
    mara = await world.colleague()
    one, other = await merged(world)

    answer = await world.reply(mara, one.customer_id)

    assert answer.endpoint.id == other.endpoint.id
    assert answer.conversation_id == other.conversation_id


async def test_an_endpoint_of_another_customer_is_refused(world: World) -> None:
    mara = await world.colleague()
    one, other = await world.mail(), await world.mail(sender=OTHER)

    with pytest.raises(NotReachable):
        await world.reply(mara, one.customer_id, endpoint=other.endpoint.id)


async def test_a_request_of_another_customer_is_refused(world: World) -> None:
    mara = await world.colleague()
    one, other = await world.mail(), await world.mail(sender=OTHER)

    with pytest.raises(Invalid):
        await world.reply(mara, one.customer_id, request=other.request_id)


@pytest.mark.parametrize("text", ["", "  \n", "x" * 100_001])
async def test_nothing_and_too_much_are_refused(world: World, text: str) -> None:
    mara = await world.colleague()
    first = await world.mail()

    with pytest.raises(Invalid):
        await world.reply(mara, first.customer_id, text)


async def test_a_customer_without_an_address_is_not_reachable(world: World) -> None:
    mara = await world.colleague()
    from hub.services.calls import CallNote

    _, customer_id = await world.hub.calls.note(mara, CallNote(text="Number withheld"))

    with pytest.raises(NotReachable):
        await world.reply(mara, customer_id)


async def test_what_belongs_to_another_address_needs_proof_of_this_one(world: World) -> None:
    mara, lea = await world.colleague(), await world.colleague("Lea", "supervisor")
    one, other = await merged(world)

    with pytest.raises(DestinationUnverified) as refused:
        await world.reply(mara, one.customer_id, f"We wrote to {CUSTOMER} .", endpoint=other.endpoint.id)
    assert refused.value.members["found"] == [CUSTOMER]
    with pytest.raises(Forbidden):
        await world.reply(mara, one.customer_id, f"We wrote to {CUSTOMER}.", endpoint=other.endpoint.id, override=True)

    await world.reply(lea, one.customer_id, f"We wrote to {CUSTOMER}.", endpoint=other.endpoint.id, override=True)

    assert [row.action for row in await world.table("audit")] == ["destination_overridden"]


async def test_what_this_very_session_typed_may_go_back_to_it(world: World) -> None:
    mara = await world.colleague()
    one = await world.mail()
    visitor = await world.visitor()
    said = await world.chat(visitor, f"I am {CUSTOMER}")
    await world.execute(f"UPDATE customers SET merged_into = {one.customer_id} WHERE id = {said.customer_id}")

    answer = await world.reply(mara, one.customer_id, f"Hello {CUSTOMER}", endpoint=said.endpoint.id)

    assert answer.endpoint.id == said.endpoint.id


async def test_copies_are_named_in_the_entry_and_in_what_is_sent(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()

    answer = await world.reply(mara, first.customer_id, cc=("Ben@Example.com", "ben@example.com"))

    assert answer.details["cc"] == [OTHER]
    await world.deliver()
    [message] = world.provider.messages
    assert message.cc == (OTHER,)


async def test_copies_on_a_channel_that_sends_none_are_refused(world: World) -> None:
    mara = await world.colleague()
    said = await world.chat(await world.visitor())

    with pytest.raises(Invalid):
        await world.reply(mara, said.customer_id, cc=(OTHER,))


# --- writing first ---


async def test_writing_first_makes_the_customer_and_the_request(world: World) -> None:
    mara = await world.colleague()
    first = First(text="Your parcel is here.", client_key="k", kind="email", address="New@Example.com", name="New")

    entry_id, customer_id, before = await world.hub.replies.write_first(mara, first)
    again = await world.hub.replies.write_first(mara, first)

    screen = await world.screen(customer_id)
    assert not before
    assert again == (entry_id, customer_id, True)
    assert [(request.owner_id, request.status) for request in screen.requests] == [(mara.id, "waiting_customer")]
    await world.deliver()
    assert [message.to.address for message in world.provider.messages] == ["New@Example.com"]


async def test_writing_first_to_a_known_address_is_their_conversation(world: World) -> None:
    mara = await world.colleague()
    known = await world.mail()

    _, customer_id, _ = await world.hub.replies.write_first(
        mara, First(text="Hi", client_key="k", kind="email", address=CUSTOMER.upper())
    )

    assert customer_id == known.customer_id


async def test_writing_first_with_the_key_of_another_message_is_refused(world: World) -> None:
    mara = await world.colleague()
    first = First(text="Your parcel is here.", client_key="k", kind="email", address=CUSTOMER, subject="Parcel")
    await world.hub.replies.write_first(mara, first)

    with pytest.raises(ClientKeyReused):
        await world.hub.replies.write_first(mara, msgspec.structs.replace(first, subject="Another"))


async def test_answers_thread_under_the_message_they_answer(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail("Where?", external_id="<a@client>", subject="Parcel", thread_ids=("<0@client>",))

    await world.reply(mara, first.customer_id)
    await world.deliver()

    [message] = world.provider.messages
    assert (message.subject, message.in_reply_to) == ("Re: Parcel", "<a@client>")
    assert message.references == ("<0@client>", "<a@client>")
    assert message.quoted is not None
    assert message.quoted.text == "Where?"


async def test_a_reply_sends_the_draft_away(world: World) -> None:
    from hub.services.draft_body import DraftBody

    mara = await world.colleague()
    first = await world.mail()
    await world.hub.drafts.save(mara, "reply", DraftBody(text="Ye"), first.customer_id)

    await world.reply(mara, first.customer_id)

    assert [row.gone for row in await world.table("drafts")] == [True]


async def test_a_scheduled_reply_waits_for_its_time(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    first = await world.mail()
    later = to_datetime(clock.now()) + timedelta(days=3)

    answer = await world.reply(mara, first.customer_id, send_at=later)
    await world.deliver()
    assert (answer.delivery.state, world.provider.messages) == ("scheduled", [])

    clock.move_by(timedelta(days=3, seconds=1))
    await world.deliver()
    assert (await world.entry(answer.id)).delivery.state == "sent"


async def test_nobody_can_be_answered_who_is_not_there(world: World) -> None:
    mara = await world.colleague()

    with pytest.raises(NotFound):
        await world.hub.replies.send(mara, Reply(customer=999, base={}, text="Hi", client_key=f"{number()}"))
