"""What a colleague has written and not sent: one per customer and mode, seen by nobody else."""

import msgspec
import pytest

from hub.errors import Invalid
from hub.services.draft_body import DraftBody
from tests.hub.world import World, at_once


async def test_a_draft_is_kept_and_replaced(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail()

    first = await world.hub.drafts.save(mara, "reply", DraftBody(text="He"), entry.customer_id)
    second = await world.hub.drafts.save(mara, "reply", DraftBody(text="Hello", base={1: 1}), entry.customer_id)

    [draft] = await world.db.view(world.hub.snapshot.drafts, mara.id)
    assert first == second == draft.id
    assert (draft.text, draft.base, draft.version) == ("Hello", {1: 1}, 2)


async def test_saved_at_once_it_is_one_draft(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail()

    ids = await at_once(
        [world.hub.drafts.save(mara, "note", DraftBody(text=f"{n}"), entry.customer_id) for n in range(6)]
    )

    assert len(set(ids)) == 1


async def test_an_empty_text_takes_it_away_and_its_words_with_it(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail()
    await world.hub.drafts.save(mara, "reply", DraftBody(text="A secret"), entry.customer_id)

    await world.hub.drafts.save(mara, "reply", DraftBody(), entry.customer_id)

    assert await world.db.view(world.hub.snapshot.drafts, mara.id) == []
    assert [row.body for row in await world.table("drafts")] == ["{}"]


async def test_nobody_else_hears_of_a_draft(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail()

    await world.hub.drafts.save(mara, "reply", DraftBody(text="A secret"), entry.customer_id)

    told = [row for row in await world.table("events") if "A secret" in row.body]
    assert [row.audience for row in told] == [f"agent:{mara.id}"]


async def test_two_calls_at_once_have_a_draft_each(world: World) -> None:
    mara = await world.colleague()
    for slot in ("one", "two"):
        await world.hub.drafts.save(mara, "call", DraftBody(fields={"phone": slot}), slot=slot)

    drafts = await world.db.view(world.hub.snapshot.drafts, mara.id)
    assert [(draft.slot, draft.fields) for draft in drafts] == [("one", {"phone": "one"}), ("two", {"phone": "two"})]


async def test_nonsense_is_refused(world: World) -> None:
    mara = await world.colleague()

    with pytest.raises(Invalid):
        await world.hub.drafts.save(mara, "poem", DraftBody(text="x"))
    with pytest.raises(Invalid):
        await world.hub.drafts.save(mara, "note", DraftBody(text="x" * 200_001))
    assert await world.table("drafts") == []


def test_a_stored_draft_holds_only_what_was_written() -> None:
    assert msgspec.json.encode(DraftBody(text="x")) == b'{"text":"x"}'
