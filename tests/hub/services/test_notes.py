"""Notes: what colleagues write to each other beside a conversation."""

from collections.abc import AsyncIterator

from tests.hub.world import World


async def test_a_note_may_be_files_alone(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    uploaded = await world.hub.attachments.upload(f"agent:{mara.id}", "shelf.txt", "text/plain", some_bytes())

    entry_id, _ = await world.hub.replies.note(mara, first.customer_id, "", attachments=(uploaded.id,))

    note = await world.entry(entry_id)
    assert [file.filename for file in note.attachments] == ["shelf.txt"]


async def some_bytes() -> AsyncIterator[bytes]:
    yield b"on the left"
