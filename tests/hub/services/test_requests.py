"""Requests: opened and continued by rule, changed by hand, with clocks and counters that stay true."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import Clock, to_datetime
from hub.errors import Forbidden, Invalid, NotFound
from hub.security import Actor
from hub.services.request_matching import plain_subject
from hub.services.request_numbers import number_of
from hub.services.requests import NoSuchRequest, public_status
from tests.hub.world import World, at_once

DAY = timedelta(days=1)


async def request(world: World, request_id: int) -> Any:
    [row] = [row for row in await world.table("requests") if row.id == request_id]
    return row


# --- by rule ---


async def test_a_first_message_opens_a_request_that_waits_unread(world: World) -> None:
    entry = await world.mail("Where is it?", subject="AW: Re: Parcel")

    row = await request(world, entry.request_id)
    assert (row.subject, row.status, row.box, row.unread) == ("Parcel", "new", "open", True)
    assert row.waiting_since is not None
    assert [entry.kind for entry in (await world.screen(entry.customer_id)).entries] == ["message"]


async def test_the_same_subject_goes_on_and_another_is_another_matter(world: World) -> None:
    one = await world.mail(subject="Parcel")
    same = await world.mail(subject="Re: PARCEL")
    other = await world.mail(subject="Invoice")

    assert one.request_id == same.request_id != other.request_id


async def test_an_id_that_a_mail_names_chooses_the_request_whatever_its_subject(world: World) -> None:
    one = await world.mail(subject="Parcel", external_id="<1@client>")
    await world.mail(subject="Invoice")

    assert (await world.mail(subject="Hello?", thread_ids=("<1@client>",))).request_id == one.request_id


async def test_a_number_in_the_words_chooses_among_ones_own_requests_only(world: World) -> None:
    one = await world.mail(subject="Parcel")
    await world.mail(subject="Invoice")
    stranger = await world.mail("Hi", "ben@example.com", subject="Mine")
    number = number_of(one.request_id)

    mine = await world.mail(f"It is about # {number}, you know", subject="Again")
    theirs = await world.mail(f"#{number}", "ben@example.com", subject=f"#{number}")

    assert mine.request_id == one.request_id
    assert theirs.customer_id == stranger.customer_id
    assert theirs.request_id != one.request_id


async def test_a_follow_up_reopens_what_was_solved_lately(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    one = await world.mail(subject="Parcel", external_id="<1@client>")
    await world.hub.requests.set_status(mara, one.request_id, "resolved")

    again = await world.mail("Still broken", subject="Parcel", thread_ids=("<1@client>",))
    assert again.request_id == one.request_id
    assert (await request(world, one.request_id)).status == "open"

    await world.hub.requests.set_status(mara, one.request_id, "resolved")
    clock.move_by(15 * DAY)
    assert (await world.mail("New", subject="Parcel", thread_ids=("<1@client>",))).request_id != one.request_id


async def test_a_chat_goes_on_with_what_was_last_spoken_of_for_three_days(world: World, clock: Clock) -> None:
    visitor = await world.visitor()
    one = await world.chat(visitor, "A kettle")
    clock.move_by(2 * DAY)
    assert (await world.chat(visitor, "The lid")).request_id == one.request_id
    clock.move_by(4 * DAY)
    assert (await world.chat(visitor, "A pan")).request_id != one.request_id


async def test_an_automatic_mail_opens_nothing_and_wakes_nobody(world: World) -> None:
    mara = await world.colleague()
    one = await world.mail(subject="Parcel", external_id="<1@client>")
    await world.reply(mara, one.customer_id)

    away = await world.mail("Away", automatic=True, thread_ids=("<1@client>",), subject="Auto: Parcel")
    lonely = await world.mail("Newsletter", "news@example.com", automatic=True)

    row = await request(world, one.request_id)
    assert (away.request_id, lonely.request_id) == (one.request_id, None)
    assert (row.status, row.waiting_since, row.unread) == ("waiting_customer", None, False)


async def test_history_starts_no_clock(world: World) -> None:
    entry = await world.mail("Years ago", backfilled=True)

    assert entry.request_id is None
    assert await world.table("requests") == []
    assert await world.table("inbox_counts") == []


async def test_what_a_customer_says_wakes_a_snoozed_request(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    one = await world.mail(subject="Parcel")
    await world.hub.requests.snooze(mara, one.request_id, to_datetime(clock.now()) + DAY)
    assert (await request(world, one.request_id)).box == "snoozed"

    await world.mail("Hello?", subject="Parcel")

    assert (await request(world, one.request_id)).box == "open"


async def test_an_answer_takes_an_unowned_request_and_stops_the_waiting(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    one = await world.mail()
    clock.move_by(timedelta(minutes=5))

    await world.reply(mara, one.customer_id)

    row = await request(world, one.request_id)
    [shown] = (await world.screen(one.customer_id)).requests
    assert (row.owner_id, row.status, row.waiting_since) == (mara.id, "waiting_customer", None)
    assert 300 <= shown.clocks["first_response_s"] <= 310


async def test_who_waits_longest_is_first_and_what_waits_for_nobody_follows(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    entries = []
    for name in ("a", "b", "c", "d"):
        entries.append(await world.mail(name, f"{name}@example.com", subject=name))
        clock.move_by(timedelta(minutes=1))
    await world.reply(mara, entries[0].customer_id)
    await world.hub.requests.describe(mara, entries[3].request_id, priority="urgent")

    page = await world.db.view(world.hub.snapshot.inbox, "open", None, 50)
    assert [row.subject for row in page.rows] == ["d", "b", "c", "a"]


async def test_a_list_is_read_page_by_page(world: World) -> None:
    for number in range(7):
        await world.mail(subject=f"{number}")
    seen: list[str] = []
    floor = None
    while True:
        page = await world.db.view(world.hub.snapshot.inbox, "open", floor, 3)
        seen += [row.subject for row in page.rows]
        floor = page.floor
        if floor is None:
            break

    assert sorted(seen) == [str(number) for number in range(7)]


# --- by hand ---


async def test_the_resolution_clock_runs_while_it_is_not_solved(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    one = await world.mail()
    change = world.hub.requests.set_status
    for status, hours in (("open", 1), ("resolved", 5), ("open", 2), ("resolved", 0)):
        await change(mara, one.request_id, status)
        clock.move_by(timedelta(hours=hours))

    row = await request(world, one.request_id)
    assert abs(row.open_ms - 3 * 3_600_000) < 60_000
    assert row.open_since is None


async def test_each_change_of_status_or_owner_is_an_entry(world: World) -> None:
    mara, theo = await world.colleague(), await world.colleague("Theo")
    one = await world.mail()
    await world.hub.requests.assign(mara, one.request_id, owner_id=theo.id)
    await world.hub.requests.assign(mara, one.request_id, owner_id=theo.id)
    await world.hub.requests.set_status(mara, one.request_id, "resolved")
    await world.hub.requests.set_status(mara, one.request_id, "resolved")

    entries = (await world.screen(one.customer_id)).entries
    assert [(entry.kind, entry.details) for entry in entries[1:]] == [
        ("assignment", {"from": None, "to": theo.id, "team": None}),
        ("status", {"from": "new", "to": "resolved"}),
    ]


async def test_what_waits_for_the_customer_does_not_stand_first(world: World) -> None:
    mara = await world.colleague()
    one = await world.mail()

    await world.hub.requests.set_status(mara, one.request_id, "waiting_customer")

    assert (await request(world, one.request_id)).waiting_since is None


async def test_nonsense_is_refused(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    one = await world.mail()
    requests = world.hub.requests

    with pytest.raises(Invalid):
        await requests.set_status(mara, one.request_id, "nearly done")
    with pytest.raises(Invalid):
        await requests.describe(mara, one.request_id, priority="very")
    with pytest.raises(Invalid):
        await requests.snooze(mara, one.request_id, to_datetime(clock.now()) - DAY)
    with pytest.raises(NoSuchRequest):
        await requests.read(mara, 999)
    with pytest.raises(NotFound):
        await requests.open(mara, 999, "Matter")
    with pytest.raises(Invalid):
        await requests.open(mara, one.customer_id, " ")
    with pytest.raises(Forbidden):
        await requests.set_status(Actor(id=9, name="till", role="store"), one.request_id, "resolved")


async def test_a_request_opened_with_the_same_key_is_opened_once(world: World) -> None:
    mara = await world.colleague()
    one = await world.mail()

    opened = await at_once([world.hub.requests.open(mara, one.customer_id, "Matter", key="k") for _ in range(6)])

    assert len(set(opened)) == 1
    assert len(await world.table("requests")) == 2


# --- at once ---


async def test_what_two_change_at_once_keeps_both_changes(world: World) -> None:
    mara, theo = await world.colleague(), await world.colleague("Theo")
    one = await world.mail()

    await at_once(
        [
            world.hub.requests.assign(mara, one.request_id, owner_id=theo.id),
            world.hub.requests.describe(theo, one.request_id, subject="New words"),
            world.hub.requests.read(mara, one.request_id),
            world.mail("More", subject=""),
            world.hub.requests.describe(mara, one.request_id, topic="delivery"),
        ]
    )

    row = await request(world, one.request_id)
    assert (row.owner_id, row.subject, row.topic) == (theo.id, "New words", "delivery")


async def test_many_first_messages_at_once_are_one_matter(world: World) -> None:
    entries = await at_once([world.mail(f"Hello {number}") for number in range(12)])

    assert len({entry.request_id for entry in entries}) == 1


async def test_two_nodes_wake_what_is_due_once(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    for number in range(5):
        entry = await world.mail(f"{number}", subject=f"{number}")
        await world.hub.requests.snooze(mara, entry.request_id, to_datetime(clock.now()) + DAY)
    clock.move_by(2 * DAY)

    await at_once([world.hub.requests.wake_due() for _ in range(4)])

    assert {row.name: row.n for row in await world.table("inbox_counts") if row.n} == {"open": 5, "unassigned": 5}
    assert len([row for row in await world.table("events") if row.kind == "request.woken"]) == 5


async def test_counters_are_true_after_random_changes_at_once(world: World, clock: Clock) -> None:
    chance = random.Random(3)
    colleagues = [await world.colleague(name) for name in ("A", "B")]
    entries = [await world.mail(f"{n}", f"c{n % 3}@example.com", subject=f"{n}") for n in range(6)]
    requests = world.hub.requests

    async def something() -> None:
        actor, entry = chance.choice(colleagues), chance.choice(entries)
        match chance.randrange(5):
            case 0:
                await requests.assign(
                    actor, entry.request_id, owner_id=chance.choice([None, *(a.id for a in colleagues)])
                )
            case 1:
                await requests.set_status(actor, entry.request_id, chance.choice(["open", "resolved"]))
            case 2:
                await world.mail("More", entry.endpoint.address, subject=entry.subject)
            case 3:
                kind = chance.choice(["spam", "person", "person"])
                await world.hub.marks.mark(actor, entry.customer_id, kind)
            case _:
                until = to_datetime(clock.now()) + DAY
                await asyncio.gather(requests.snooze(actor, entry.request_id, until), return_exceptions=True)

    for _ in range(6):
        await at_once([something() for _ in range(8)])

    rows = [row for row in await world.table("requests") if row.box == "open"]
    counted: dict[str, int] = {}
    for row in rows:
        for name in ("open", "unassigned" if row.owner_id is None else f"mine:{row.owner_id}"):
            counted[name] = counted.get(name, 0) + 1
    counted["snoozed"] = sum(row.box == "snoozed" for row in await world.table("requests"))
    kept = {row.name: row.n for row in await world.table("inbox_counts")}
    assert {name: n for name, n in kept.items() if n} == {name: n for name, n in counted.items() if n}


# --- words ---


@pytest.mark.parametrize(
    ("subject", "plain"),
    [("Re: AW: [x]", "[x]"), ("WG: Fwd: Hello", "Hello"), ("RE[3]: Hello", "Hello"), ("Reply", "Reply"), ("", "")],
)
def test_a_subject_is_known_without_its_prefixes(subject: str, plain: str) -> None:
    assert plain_subject(subject) == plain


async def test_what_the_customer_reads_is_said_in_one_place(world: World) -> None:
    mara = await world.colleague()
    one = await world.mail()
    assert public_status(await request(world, one.request_id)) == "New"

    await world.hub.requests.set_status(mara, one.request_id, "waiting_third_party", "The maker looks at it")

    assert public_status(await request(world, one.request_id)) == "The maker looks at it"
