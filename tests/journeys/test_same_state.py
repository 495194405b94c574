"""A console that was brought forward by events holds, byte for byte, what a new snapshot holds: over a real socket."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.clock import Clock
from hub.database import Database
from tests.hub.announced import announced_kinds
from tests.hub.services import test_snapshot as told
from tests.hub.services.test_snapshot import HAPPENINGS, Happening, Story
from tests.hub.world import number
from tests.journeys import happenings as more
from tests.journeys.crowd import Crowd
from tests.journeys.scene import Scene, a_scene
from tests.parts.line import Line, line_to
from tests.parts.screens import Screen

# Which happening shows what an event of each kind does.
SHOWN_BY: dict[str, Happening] = {
    "account.changed": more.accounts,
    "account.removed": more.accounts,
    "account.state_changed": more.accounts,
    "address.disowned": more.disowned,
    "address.shared": more.shared,
    "agent.changed": more.invited,
    "agent.invited": more.invited,
    "call.noted": told.calls,
    "call.reported": told.calls,
    "canned.changed": more.canned,
    "changed": more.nobody_named,
    "company.changed": more.company,
    "customer.changed": more.known_to_the_shop,
    "customer.marked": told.spam_and_back,
    "customer.merged": more.merged_away,
    "customer.unmerged": more.merged_away,
    "delivery.cancelled": told.cancelled,
    "delivery.delayed": more.late_receipts,
    "delivery.delivered": more.late_receipts,
    "delivery.failed": told.failure_and_retry,
    "delivery.moved": told.proof_joins,
    "delivery.queued": told.failure_and_retry,
    "delivery.read": more.late_receipts,
    "delivery.sending": told.long_answer,
    "delivery.sent": told.long_answer,
    "delivery.uncertain": more.uncertain,
    "draft.saved": told.drafts,
    "entry.moved": told.second_request,
    "message.forwarded": told.forwarded,
    "message.received": told.mail_again,
    "message.sent": told.cancelled,
    "message.unreadable": told.unreadable,
    "note.added": told.noted,
    "order.changed": told.order_course,
    "order.placed": told.order_course,
    "request.assigned": told.request_life,
    "request.changed": told.request_life,
    "request.opened": told.second_request,
    "request.read": told.request_life,
    "request.reopened": told.request_life,
    "request.resolved": told.request_life,
    "request.snoozed": told.request_life,
    "request.status_changed": told.request_life,
    "request.woken": told.request_life,
    "session.ended": more.signed_out_elsewhere,
    "team.changed": more.teams,
    "token.created": more.tokens,
    "token.revoked": more.tokens,
    "visitor.identified": told.shop_sign_in,
    "visitor.left_email": told.chat_and_claim,
}
FURTHER: list[Happening] = [
    more.account_fails_while_sending,
    more.draft_gone,
    more.long_merged,
    more.merged_into_a_nameless_one,
    more.named_through_two,
    more.parted_from_a_named_one,
]
ALL = list(dict.fromkeys([*SHOWN_BY.values(), *HAPPENINGS, *FURTHER]))

VIEWS = ("open", "unassigned", "snoozed", "failed", "resolved")
EVENTS = 600
CUTS = 100


@pytest.fixture(name="scene")
async def set_scene(db: Database, tmp_path: Path) -> AsyncIterator[Scene]:
    async with a_scene(db, tmp_path) as scene:
        yield scene


@pytest.fixture(name="story")
async def begin_story(scene: Scene, clock: Clock) -> Story:
    story = Story(scene.world, clock)
    await story.begin()
    return story


def test_every_kind_that_the_hub_announces_is_shown() -> None:
    assert set(SHOWN_BY) == announced_kinds()


@pytest.mark.parametrize("happening", ALL, ids=lambda happening: happening.__name__)
async def test_events_make_of_a_state_the_next_snapshot(scene: Scene, story: Story, happening: Happening) -> None:
    mara = await scene.watched_by(story.mara, "open", story.customer)
    lea = await scene.watched_by(story.lea, "resolved", story.customer)

    await happening(story)

    await scene.compare()
    assert {kind for kind, shown in SHOWN_BY.items() if shown is happening} <= mara.kinds | lea.kinds
    assert mara.began == lea.began == ["snapshot"]


# --- cut lines ---


async def test_line_cut_a_hundred_times_loses_and_doubles_nothing(scene: Scene, story: Story, clock: Clock) -> None:
    seed = int(os.environ.get("ONETHREAD_TEST_SEED") or random.randrange(1 << 32))
    print(f"ONETHREAD_TEST_SEED={seed}")
    chance = random.Random(seed)
    crowd = Crowd(story, clock, chance)
    async with line_to(scene.url) as (line, url):
        screens = [
            await scene.watched_by(story.mara, "open", story.customer, url),
            await scene.watched_by(story.lea, f"mine:{story.lea.id}", story.customer, url),
        ]
        moments = set(chance.sample(range(EVENTS), CUTS))
        turns = iter(range(EVENTS))
        cut_by_clients = 0

        async def write() -> None:
            nonlocal cut_by_clients
            for turn in turns:
                await crowd.act()
                if turn in moments and chance.random() < 0.5:
                    cut_by_clients += 1
                    await chance.choice(screens).cut()
                elif turn in moments:
                    line.cut_after(chance.randrange(8000))
                elif chance.random() < 0.1:
                    await look_around(chance, crowd, chance.choice(screens))

        await asyncio.gather(write(), write())
        await use_up(line, crowd)
        await scene.compare()

        assert cut_by_clients + line.was_cut == CUTS
        began = [screen.began for screen in screens]
        assert sum(len(one) for one in began) > CUTS / 2
        assert all(set(one[1:]) == {"events"} for one in began)
        for screen in screens:
            await screen.leave()


async def look_around(chance: random.Random, crowd: Crowd, screen: Screen) -> None:
    """A colleague turns to another customer, another list, or further back."""
    match chance.randrange(4):
        case 0:
            await screen.call("open", customer=await crowd.customer())
        case 1:
            await screen.call(
                "list", view=chance.choice(["open", "unassigned", "snoozed", "failed", "resolved"]), limit=5
            )
        case 2:
            await next_rows(screen)
        case _:
            await older_entries(screen, 3)


async def use_up(line: Line, crowd: Crowd) -> None:
    """Go on until the last cut has come."""
    while line.is_to_be_cut:
        await crowd.act()


async def next_rows(screen: Screen, limit: int = 5) -> None:
    floor = screen.watch["view_floor"]
    if floor not in (None, "all"):
        await screen.call("list", view=screen.watch["view"], after=floor, limit=limit)


async def older_entries(screen: Screen, limit: int) -> None:
    floor, customer = screen.watch["entries_floor"], screen.watch["customer"]
    if floor not in (None, "all"):
        await screen.call("entries", customer=customer, before=floor, limit=limit)


# --- windows ---


async def test_long_lists_and_timelines_are_held_as_far_as_they_were_asked_for(scene: Scene, story: Story) -> None:
    await many_requests(story, 70)
    await many_mails(story, 70)
    screen = await scene.watched_by(story.mara, "open", story.customer)
    await scene.compare()
    assert counted(await screen.state()) == (50, 50)

    await next_rows(screen)
    await older_entries(screen, 5)
    await many_mails(story, 3)
    await scene.compare()

    assert counted(await screen.state()) == (55, 58)


async def test_windows_read_to_their_end_grow_with_what_comes(scene: Scene, story: Story) -> None:
    await many_requests(story, 60)
    await many_mails(story, 60)
    screen = await scene.watched_by(story.mara, "open", story.customer)
    for _ in range(3):
        await next_rows(screen, 50)
        await older_entries(screen, 50)
    assert (screen.watch["view_floor"], screen.watch["entries_floor"]) == ("all", "all")

    await many_requests(story, 60)
    await many_mails(story, 60)
    await scene.compare()

    assert counted(await screen.state()) == (121, 121)


async def test_short_timeline_grows_past_its_first_page(scene: Scene, story: Story) -> None:
    screen = await scene.watched_by(story.mara, "open", story.customer)
    assert (await screen.state())["conversation"]["floor"] is None

    await many_mails(story, 60)
    await scene.compare()
    await screen.cut()
    await many_mails(story, 5)
    await scene.compare()

    assert counted(await screen.state()) == (1, 66)


async def test_long_timelines_are_joined_and_parted_while_both_are_open(scene: Scene, story: Story) -> None:
    other = await story.world.mail("I am Ben", told.OTHER, name="Ben")
    await many_mails(story, 250)
    for i in range(250):
        await story.world.mail(f"Ben's mail {i}", told.OTHER)
    screens = [
        await scene.watched_by(story.mara, "open", story.customer),
        await scene.watched_by(story.lea, "open", other.customer_id),
    ]
    for screen in screens:
        await older_entries(screen, 100)
        await older_entries(screen, 100)
        await older_entries(screen, 100)

    await more.merge(story, story.customer, other.customer_id)
    await scene.compare()
    assert [counted(await screen.state())[1] for screen in screens] == [502, 502]

    await more.unmerge(story, story.customer)
    await scene.compare()


async def test_all_that_was_written_before_a_proof_shows_it(scene: Scene, story: Story) -> None:
    await many_mails(story, 130)
    screen = await scene.watched_by(story.mara, "open", story.customer)
    await older_entries(screen, 100)

    await story.world.mail("It is me", proof="link", proof_method="an answer")
    await scene.compare()

    assert sum(entry["before_proof"] for entry in (await screen.state())["conversation"]["entries"]) == 131


async def test_screen_holds_the_newest_hundred_requests(scene: Scene, story: Story) -> None:
    screen = await scene.watched_by(story.mara, "resolved", story.customer)
    for i in range(105):
        await story.hub.requests.open(story.mara, story.customer, f"Matter {i}")
    await scene.compare()

    await story.hub.requests.describe(story.mara, story.request, priority="urgent")
    await scene.compare()

    assert len((await screen.state())["conversation"]["requests"]) == 100


async def test_rows_leave_and_enter_the_window_as_they_move(scene: Scene, story: Story) -> None:
    await many_requests(story, 70)
    await scene.watched_by(story.mara, "open")
    rows = [row.id for row in await scene.world.table("requests")]

    for request in (rows[0], rows[30], rows[-1]):
        await story.hub.requests.describe(story.mara, request, priority="urgent")
        await scene.compare()
        await story.hub.requests.describe(story.mara, request, priority="normal")
        await story.hub.requests.set_status(story.mara, request, "resolved")
    await scene.compare()


async def test_another_list_and_another_customer_are_the_windows_from_then_on(scene: Scene, story: Story) -> None:
    other = await story.world.mail("I am Ben", told.OTHER)
    screen = await scene.watched_by(story.mara, "open", story.customer)

    await screen.call("list", view="unassigned")
    await screen.call("open", customer=other.customer_id)
    await told.request_life(story)
    await story.world.mail("And this?", told.OTHER)

    await scene.compare()
    assert (await screen.state())["conversation"]["customer"]["id"] == other.customer_id


async def test_window_survives_a_merge(scene: Scene, story: Story) -> None:
    other = await story.world.mail("I am Ben", told.OTHER, name="Ben")
    await many_mails(story, 80)
    screen = await scene.watched_by(story.mara, "open", story.customer)
    await older_entries(screen, 10)

    await more.merge(story, story.customer, other.customer_id)
    await scene.compare()
    shown = await screen.state()
    assert shown["conversation"]["customer"]["id"] == other.customer_id
    assert shown["conversation"]["floor"] is not None

    await more.unmerge(story, story.customer)
    await scene.compare()


async def test_customer_who_was_merged_while_a_line_was_down_is_shown_as_the_other(scene: Scene, story: Story) -> None:
    other = await story.world.mail("I am Ben", told.OTHER, name="Ben")
    screen = await scene.watched_by(story.mara, "open", story.customer)

    await screen.cut()
    await more.merge(story, story.customer, other.customer_id)
    await scene.compare()

    assert (await screen.state())["conversation"]["customer"]["id"] == other.customer_id


async def many_requests(story: Story, n: int) -> None:
    for _ in range(n):
        await story.world.mail("Hello", f"somebody{number()}@example.com")


async def many_mails(story: Story, n: int) -> None:
    for i in range(n):
        await story.world.mail(f"Mail {i}")


def counted(state: Any) -> tuple[int, int]:
    return len(state["list"]["rows"]), len(state["conversation"]["entries"])
