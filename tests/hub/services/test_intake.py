"""What arrives is filed once, whoever brings it how often; and it is accounted for."""

from tests.hub.world import World


async def test_a_mail_becomes_an_entry_of_a_new_customer(world: World) -> None:
    entry = await world.mail("Where is my parcel?", subject="Parcel", name="Anna")

    screen = await world.screen(entry.customer_id)
    assert (entry.seq, entry.kind, entry.direction, entry.text) == (1, "message", "in", "Where is my parcel?")
    assert entry.assurance == "claimed"
    assert screen.customer.name == "Anna"
    assert [request.subject for request in screen.requests] == ["Parcel"]


async def test_answer_goes_to_the_address_that_wrote(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail()

    await world.reply(mara, entry.customer_id, "It is on its way.")
    await world.deliver()

    [message] = world.provider.messages
    assert (message.to.address, message.text) == ("anna@example.com", "It is on its way.")
