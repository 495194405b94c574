"""The story as a hub has it once it was told."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from demo import notes as kept
from demo.people import COLLEAGUES, PEOPLE
from hub.bootstrap import Hub
from hub.clock import to_ms
from hub.security import Actor
from hub.services.customers import Wanted
from tests.demo.conftest import Cut, looking_at
from tests.hub.sums import sums
from tests.parts.demo import the_demo


async def actor_of(hub: Hub, key: str) -> Actor:
    name, email, role = next(rest for k, *rest in COLLEAGUES if k == key)
    agent = await hub.agents.named(email)
    return Actor(id=agent.id, name=name, role=role)  # type: ignore[arg-type]


async def rows_of(hub: Hub, view: str) -> Any:
    return (await hub.db.view(lambda rd: hub.snapshot.inbox(rd, view, None, 200))).rows


async def everybody(hub: Hub) -> Any:
    """All customers of the hub."""
    page = await hub.customers.find(await actor_of(hub, "ana"), Wanted(), limit=200)
    return [known.customer for known in page.customers]


async def screen_of(hub: Hub, key: str) -> Any:
    """What a colleague sees who opens this person."""
    page = await hub.customers.find(await actor_of(hub, "ana"), Wanted(email=PEOPLE[key].email))
    return await hub.db.view(hub.snapshot.conversation, page.customers[0].customer.id)


# --- what there is ---


async def test_everything_that_arrived_was_read(told_demo: Path) -> None:
    async with looking_at(told_demo) as hub:
        counted = await sums(hub)

    assert set(counted) == {"entry"}
    assert counted["entry"] > 80


async def test_forty_customers_have_one_conversation_each(told_demo: Path) -> None:
    async with looking_at(told_demo) as hub:
        customers = await everybody(hub)

    named = Counter(customer.name for customer in customers if customer.name)
    assert len(named) >= 40
    # The guest in the chat who says that he is Noah Fischer is kept apart until that is proven.
    assert [name for name, times in named.items() if times > 1] == ["Noah Fischer"]
    assert all(len(customer.conversations) <= 2 for customer in customers)


async def test_open_requests_are_in_every_state(told_demo: Path) -> None:
    async with looking_at(told_demo) as hub:
        rows = {view: await rows_of(hub, view) for view in ("open", "unassigned", "snoozed", "failed")}
        mine = {key: await rows_of(hub, f"mine:{(await actor_of(hub, key)).id}") for key in ("ana", "ben", "cleo")}

    assert len(rows["open"]) >= 15
    assert {row.status for row in rows["open"]} == {
        "new",
        "open",
        "waiting_customer",
        "waiting_third_party",
        "ready_in_store",
    }
    assert {row.priority for row in rows["open"] + rows["snoozed"]} == {"low", "normal", "urgent"}
    assert all(rows.values())
    assert all(mine.values())
    assert all(len(row.subject) <= 60 for row in rows["open"])


async def test_a_teacher_has_a_long_conversation_on_many_ways(told_demo: Path) -> None:
    async with looking_at(told_demo) as hub:
        screen = await screen_of(hub, "jonas")
        whole = await hub.db.view(hub.snapshot.conversation, screen.customer.id, (0, 0))

    assert len(whole.entries) >= 60
    assert {entry.channel for entry in whole.entries} >= {"email", "webchat", "phone"}
    assert {entry.kind for entry in whole.entries} >= {"message", "call", "note", "order", "status"}


async def test_orders_that_are_named_become_links(told_demo: Path) -> None:
    async with looking_at(told_demo) as hub:
        screen = await screen_of(hub, "mara")

    linked = [order["number"] for entry in screen.entries for order in entry.orders]
    assert "10492" in linked
    assert {order.number for order in screen.orders} >= {"10492", "10497"}


async def test_ana_has_begun_an_answer(told_demo: Path) -> None:
    async with looking_at(told_demo) as hub:
        ana = await actor_of(hub, "ana")
        drafts = await hub.db.view(hub.snapshot.drafts, ana.id)

    assert len(drafts) == 1


async def test_peculiar_mails_are_shown_as_what_they_are(told_demo: Path) -> None:
    async with looking_at(told_demo) as hub:
        amelie, marco, samir, hannah, frieda = [
            (await screen_of(hub, key)).entries for key in ("amelie", "marco", "samir", "hannah", "frieda")
        ]

    html = next(entry for entry in amelie if entry.has_html and entry.direction == "in")
    assert (html.remote_images, [file.image for file in html.attachments]) == (2, [True])
    assert [file.filename for file in marco[-1].attachments] == ["receipt-2041.pdf", "lamp-sol.png"]
    assert next(entry for entry in samir if "Cornmarket" in entry.text).assurance == "claimed"
    assert (
        next(entry for entry in hannah if "25 mm" in entry.text and entry.direction == "in").author.kind
        == "participant"
    )
    assert any(entry.automatic and entry.kind == "message" for entry in frieda)


async def test_the_answer_to_a_full_mailbox_has_failed(told_demo: Path) -> None:
    async with looking_at(told_demo) as hub:
        rows = await rows_of(hub, "failed")
        entries = (await screen_of(hub, "tove")).entries

    assert [row.customer_name for row in rows] == ["Tove Lindqvist"]
    assert [entry.delivery.state for entry in entries if entry.direction == "out"] == ["failed"]


async def test_the_pace_of_the_widget_is_measured(told_demo: Path) -> None:
    async with the_demo(told_demo) as hub:
        assert await hub.pace.minutes() in range(1, 10)


# --- telling it ---


async def test_the_clock_shows_the_present_again(told_demo: Path) -> None:
    async with looking_at(told_demo) as hub:
        last = max(row.last_at for row in await rows_of(hub, "open"))
        now = hub.clock.now()

    assert abs(now - to_ms(datetime.now(UTC))) < 1000
    assert to_ms(datetime.fromisoformat(last)) < now


async def test_a_second_start_tells_nothing(told_demo: Path) -> None:
    async with looking_at(told_demo) as hub:
        before = (await sums(hub), len(await everybody(hub)))
    told: list[int] = []

    async with the_demo(told_demo, lambda done, of: told.append(done)) as hub:
        after = (await sums(hub), len(await everybody(hub)))

    assert told == []
    assert after == before


@pytest.mark.parametrize("steps", [1, 40])
async def test_a_story_that_was_cut_short_is_told_from_its_beginning(tmp_path: Path, steps: int) -> None:
    folder = tmp_path / "data"

    def cut(done: int, of: int) -> None:
        if done == steps:
            raise Cut

    for _ in range(2):
        with pytest.raises(Cut):
            async with the_demo(folder, cut):
                pass

    assert kept.read(folder) is not None
    await asyncio.to_thread(kept.remove, folder)
    assert not folder.exists()
