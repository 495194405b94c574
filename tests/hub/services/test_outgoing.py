"""The message that leaves says what its entry says, and quotes what that entry answered."""

from datetime import timedelta

from hub.clock import Clock, to_datetime
from hub.ports.errors import Rejected
from tests.hub.world import World


async def test_an_answer_that_goes_later_quotes_what_was_there_when_it_was_written(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    first = await world.mail("Where is it?", subject="Parcel", external_id="<first@client.example>")
    at = to_datetime(clock.now()) + timedelta(hours=2)
    await world.reply(mara, first.customer_id, "It comes today.", send_at=at)
    await world.mail("And do you sell lids?", subject="Lids")

    clock.move_by(timedelta(hours=2, seconds=1))
    await world.deliver()

    [message] = world.provider.messages
    assert message.quoted is not None
    assert (message.quoted.text, message.subject) == ("Where is it?", "Re: Parcel")
    assert message.in_reply_to == "<first@client.example>"


async def test_who_has_no_name_is_quoted_with_their_address(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail("Where is it?", name="")
    await world.reply(mara, first.customer_id)
    await world.deliver()

    [message] = world.provider.messages
    assert message.quoted is not None
    assert message.quoted.author == message.to.address


async def test_an_answer_tried_again_quotes_what_it_quoted_first(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail("Where is it?")
    entry = await world.reply(mara, first.customer_id, "It comes today.")
    world.provider.failures.append(Rejected("No."))
    await world.deliver()
    await world.mail("Hello?")

    await world.hub.delivery.retry(mara, entry.delivery.id)
    await world.deliver()

    [message] = world.provider.messages
    assert message.quoted is not None
    assert message.quoted.text == "Where is it?"


async def test_an_answer_knows_where_the_message_it_answers_was_written_to(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail(to=("help@shop.example",), cc=("friend@x.example",))
    await world.reply(mara, first.customer_id)

    await world.deliver()

    assert [message.written_to for message in world.provider.messages] == [("help@shop.example", "friend@x.example")]
