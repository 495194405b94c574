"""Forwarding: a message and its files go on to a third party, who becomes nobody by it."""

import pytest

from hub.errors import Invalid
from hub.ports.message import AttachmentIn
from tests.hub.world import World


async def test_forwarding_names_the_third_party_and_makes_them_nobody(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail("The kettle leaks.", subject="Leak")

    entry_id = await world.hub.replies.forward(mara, first.id, "repair@maker.example", "Please repair.", "k")
    await world.deliver()

    entry = await world.entry(entry_id)
    [message] = world.provider.messages
    assert (entry.details["to"], entry.subject) == ("repair@maker.example", "Fwd: Leak")
    assert (message.to.address, message.quoted.text if message.quoted else "") == (
        "repair@maker.example",
        "The kettle leaks.",
    )
    assert len(await world.table("customers")) == 1
    assert await world.hub.replies.forward(mara, first.id, "repair@maker.example", "Please repair.", "k") == entry_id


async def test_forwarding_takes_the_files_along(world: World) -> None:
    mara = await world.colleague()
    photo = AttachmentIn(filename="leak.jpg", content_type="image/jpeg", data=b"\xff\xd8\xffphoto", inline=True)
    first = await world.mail("The kettle leaks, see the photo.", attachments=(photo,))

    entry_id = await world.hub.replies.forward(mara, first.id, "repair@maker.example", "Please repair.", "k")
    await world.deliver()

    [message] = world.provider.messages
    assert [(file.filename, file.data) for file in message.attachments] == [("leak.jpg", photo.data)]
    for entry in (await world.entry(first.id), await world.entry(entry_id)):
        assert [file.filename for file in entry.attachments] == ["leak.jpg"]


async def test_a_note_is_never_forwarded(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    note_id, _ = await world.hub.replies.note(mara, first.customer_id, "Careful, angry.")

    with pytest.raises(Invalid):
        await world.hub.replies.forward(mara, note_id, "repair@maker.example", "See below.", "k")
    await world.deliver()

    assert world.provider.messages == []
