"""What is kept for a while only goes when its time is over, and with the last row that names it a file."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import Clock
from hub.database import Transaction
from hub.files import SETTLED_S, SHELVES
from hub.ports.message import Address, AttachmentIn, InboundMessage
from hub.security import Actor
from hub.services import answers
from hub.services.copies import file_first, first_of
from hub.services.draft_body import DraftBody
from hub.services.tidying import KEPT
from tests.hub.world import World

DAY = timedelta(days=1)


@pytest.fixture(name="mara")
async def welcome_mara(world: World) -> Actor:
    return await world.colleague()


async def upload(world: World, by: str, content: bytes) -> int:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return (await world.hub.attachments.upload(by, "label.txt", "text/plain", chunks())).id


def age(world: World, file: str) -> None:
    """As if a file had been stored two days ago."""
    path = world.hub.settings.data / "files" / file[:2] / file
    then = path.stat().st_mtime - 2 * SETTLED_S
    os.utime(path, (then, then))


async def stored(world: World) -> set[str]:
    """The names of all files, each aged."""
    places = [place for place in (world.hub.settings.data / "files").rglob("*") if place.is_file()]
    for place in places:
        age(world, place.name)
    return {place.name for place in places}


async def sweep(world: World) -> None:
    for shelf in range(SHELVES):
        await world.hub.tidying.sweep(shelf)


# --- files ---


async def test_an_upload_that_no_message_took_goes_with_its_file(world: World, clock: Clock, mara: Actor) -> None:
    await upload(world, f"agent:{mara.id}", b"forgotten")
    await stored(world)
    clock.move_by(DAY / 2)
    await world.hub.tidying.forget()
    assert len(await world.table("attachments")) == 1

    clock.move_by(DAY)
    await world.hub.tidying.forget()

    assert await world.table("attachments") == []
    assert await stored(world) == set()


async def test_an_upload_in_a_draft_stays(world: World, clock: Clock, mara: Actor) -> None:
    entry = await world.mail()
    kept = await upload(world, f"agent:{mara.id}", b"drafted")
    await upload(world, f"agent:{mara.id}", b"forgotten")
    await world.hub.drafts.save(mara, "reply", DraftBody(text="See", attachments=(kept,)), entry.customer_id)
    clock.move_by(7 * DAY)

    await world.hub.tidying.forget()

    assert [row.id for row in await world.table("attachments")] == [kept]
    await world.reply(mara, entry.customer_id, "See", attachments=(kept,))


async def test_many_uploads_go_in_small_units(world: World, clock: Clock, mara: Actor) -> None:
    held = tuple([await upload(world, f"agent:{mara.id}", b"%d" % n) for n in range(20)])
    await world.hub.drafts.save(mara, "note", DraftBody(text="See", attachments=held), (await world.mail()).customer_id)
    for n in range(230):
        await upload(world, "visitor:1", b"visitor %d" % n)
    clock.move_by(2 * DAY)

    await world.hub.tidying.forget()

    assert [row.id for row in await world.table("attachments")] == list(held)


async def test_a_file_that_another_row_names_stays(world: World, clock: Clock, mara: Actor) -> None:
    entry = await world.mail()
    sent = await upload(world, f"agent:{mara.id}", b"the same")
    await world.reply(mara, entry.customer_id, attachments=(sent,))
    await upload(world, f"agent:{mara.id}", b"the same")
    before = await stored(world)
    clock.move_by(2 * DAY)

    await world.hub.tidying.forget()
    await sweep(world)

    assert await stored(world) == before
    _, pieces = await world.hub.attachments.get(mara, sent)
    assert b"".join([piece async for piece in pieces]) == b"the same"


async def test_raw_bodies_and_files_of_messages_stay(world: World, mara: Actor) -> None:
    message = InboundMessage(
        external_id="large",
        sender=Address(kind="email", address="anna@example.com"),
        text="x",
        attachments=(AttachmentIn(filename="a.txt", content_type="text/plain", data=b"attached"),),
    )
    await world.hub.intake.take(world.accounts["api"], message, bytes(100_000))
    before = await stored(world)

    await sweep(world)

    assert len(before) == 2
    assert await stored(world) == before


async def test_what_a_killed_hub_left_goes(world: World) -> None:
    await world.hub.files.put(b"never named by a row")
    await stored(world)

    await sweep(world)

    assert await stored(world) == set()


# --- rows ---


async def test_what_was_said_once_is_known_as_long_as_it_may_come_again(world: World, clock: Clock) -> None:
    def note(tx: Transaction) -> None:
        for mark, within in (("week", 7 * 86_400_000), ("ever", None)):
            first_of(tx, mark, within)
            file_first(tx, mark, 5, within)

    await world.db.unit(note)
    clock.move_by(6 * DAY)
    await world.hub.tidying.forget()
    assert len(await world.table("copies")) == 2

    clock.move_by(2 * DAY)
    await world.hub.tidying.forget()

    assert [row.fingerprint for row in await world.table("copies")] == ["ever"]


async def test_answers_to_calls_are_kept_for_a_week(world: World, clock: Clock) -> None:
    await world.db.unit(answers.remember, "agent:1", "key", "mark", 1)
    clock.move_by(6 * DAY)
    await world.hub.tidying.forget()
    assert await world.db.unit(answers.before, "agent:1", "key", "mark") == 1

    clock.move_by(2 * DAY)
    await world.hub.tidying.forget()

    assert await world.table("answers") == []


async def test_a_visitor_who_said_nothing_is_forgotten_after_a_month(world: World, clock: Clock) -> None:
    silent, talking = await world.visitor(), await world.visitor()
    await world.chat(talking)
    clock.move_by(31 * DAY)

    await world.hub.tidying.forget()

    assert [row.id for row in await world.table("visitors")] == [talking]
    assert silent != talking


async def test_a_draft_that_is_gone_leaves_no_row(world: World, clock: Clock, mara: Actor) -> None:
    entry = await world.mail()
    for text in ("Dear", ""):
        await world.hub.drafts.save(mara, "reply", DraftBody(text=text), entry.customer_id)
    await world.hub.drafts.save(mara, "note", DraftBody(text="Careful"), entry.customer_id)
    clock.move_by(3 * DAY)

    await world.hub.tidying.forget()

    assert [row.mode for row in await world.table("drafts")] == ["note"]


async def test_old_rows_go_in_small_units(world: World, clock: Clock) -> None:
    def remember(tx: Transaction) -> None:
        for n in range(450):
            answers.remember(tx, "agent:1", f"{n}", "mark", n)

    await world.db.unit(remember)
    clock.move_by(8 * DAY)

    await world.hub.tidying.forget()

    assert await world.table("answers") == []


@pytest.mark.parametrize("n", range(len(KEPT)))
async def test_nothing_goes_from_an_empty_table(world: World, n: int) -> None:
    old, kept_ms = KEPT[n]

    def forget(tx: Transaction) -> Any:
        return tx.run(old, before=tx.now - kept_ms)

    assert await world.db.unit(forget) == 0
