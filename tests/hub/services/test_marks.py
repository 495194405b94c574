"""Spam and what is no customer's: one click, learnt per address, nothing lost, undone by one."""

import pytest

from hub.errors import Forbidden, Invalid, NotFound
from hub.security import Actor
from tests.hub.world import World, a_mail


async def boxes(world: World) -> list[str]:
    return [row.box for row in await world.table("requests")]


async def test_marked_as_spam_it_leaves_the_inbox_and_is_kept(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail("Buy!")

    await world.hub.marks.mark(mara, entry.customer_id, "spam")

    screen = await world.screen(entry.customer_id)
    assert (screen.customer.kind, await boxes(world)) == ("spam", ["hidden"])
    assert [entry.text for entry in screen.entries] == ["Buy!"]
    assert [row.action for row in await world.table("audit")] == ["customer_marked"]


async def test_what_comes_later_from_there_stays_out(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail("Buy!", subject="One")
    await world.hub.marks.mark(mara, entry.customer_id, "not_customer")

    await world.mail("Buy more!", subject="Two")

    assert await boxes(world) == ["hidden", "hidden"]
    assert {row.name: row.n for row in await world.table("inbox_counts") if row.n} == {}


async def test_one_click_brings_all_back(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail("Hello", subject="One")
    await world.hub.marks.mark(mara, entry.customer_id, "spam")
    await world.mail("Again", subject="Two")

    await world.hub.marks.mark(mara, entry.customer_id, "person")

    assert await boxes(world) == ["open", "open"]
    assert await world.table("address_marks") == []
    assert {row.name: row.n for row in await world.table("inbox_counts") if row.n} == {"open": 2, "unassigned": 2}


async def test_all_of_a_newsletter_leaves_and_comes_back(world: World) -> None:
    mara = await world.colleague()
    entries = await world.offer(*(a_mail("News!", subject=f"No. {n}") for n in range(120)))

    await world.hub.marks.mark(mara, entries[0].customer_id, "not_customer")
    assert await boxes(world) == ["hidden"] * 120
    assert {row.name: row.n for row in await world.table("inbox_counts") if row.n} == {}

    await world.hub.marks.mark(mara, entries[0].customer_id, "person")
    assert await boxes(world) == ["open"] * 120


async def test_a_claimed_address_is_not_marked_with_its_claimant(world: World) -> None:
    mara = await world.colleague()
    visitor = await world.visitor()
    said = await world.chat(visitor, "Buy!")
    await world.hub.visitors.leave_email(visitor, "anna@example.com")

    await world.hub.marks.mark(mara, said.customer_id, "spam")

    assert await world.table("address_marks") == []
    await world.mail("I am Anna")
    assert sorted(await boxes(world)) == ["hidden", "open"]


async def test_nonsense_is_refused(world: World) -> None:
    mara = await world.colleague()
    entry = await world.mail()

    with pytest.raises(Invalid):
        await world.hub.marks.mark(mara, entry.customer_id, "friend")
    with pytest.raises(NotFound):
        await world.hub.marks.mark(mara, 999, "spam")
    with pytest.raises(Forbidden):
        await world.hub.marks.mark(Actor(id=9, name="till", role="store"), entry.customer_id, "spam")
