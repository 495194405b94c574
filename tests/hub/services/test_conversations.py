"""Entries: appended in the order of arrival, read by the time they were said, without a statement for each."""

from datetime import timedelta
from typing import Any

import pytest

from hub.clock import Clock, to_datetime, to_text
from hub.database import Reading
from hub.services.conversations import preview, shown_at
from tests.hub.world import World

NOW = 1_700_000_000_000


@pytest.mark.parametrize(
    ("provider_time", "shown"),
    [
        (None, NOW),
        (NOW - 86_400_000, NOW - 86_400_000),
        (NOW + 60_000, NOW),
        (NOW + 86_400_000, NOW),
        (-1, NOW),
        (0, NOW),
    ],
)
def test_a_providers_time_is_believed_where_it_is_plausible(provider_time: int | None, shown: int) -> None:
    assert shown_at(provider_time, NOW) == shown


async def test_late_mail_is_shown_when_it_was_said_and_numbered_when_it_came(world: World, clock: Clock) -> None:
    hour_ago = to_datetime(clock.now()) - timedelta(hours=1)
    now = await world.mail("Now")
    late = await world.mail("An hour ago", sent_at=hour_ago)

    screen = await world.screen(now.customer_id)
    assert [entry.text for entry in screen.entries] == ["An hour ago", "Now"]
    assert (now.seq, late.seq) == (1, 2)
    assert late.provider_time == late.shown_at == to_text(int(hour_ago.timestamp() * 1000))


async def test_a_long_timeline_is_read_page_by_page_across_joined_conversations(world: World) -> None:
    one = await world.mail("0", subject="s")
    other = await world.mail("1", "ben@example.com", subject="s")
    await world.execute(f"UPDATE customers SET merged_into = {one.customer_id} WHERE id = {other.customer_id}")
    for number in range(2, 14):
        await world.mail(f"{number}", ("anna@example.com", "ben@example.com")[number % 2], subject="s")

    screen = await world.screen(one.customer_id)
    ids = [conversation.id for conversation in screen.customer.conversations]
    texts: list[str] = []
    before = (1 << 62, 1 << 62)
    while True:
        entries, floor = await world.db.view(world.hub.snapshot.page, ids, before, 5)
        texts = [entry.text for entry in entries] + texts
        if floor is None:
            break
        lowest = {row.id: row for row in await world.table("entries")}[floor[1]]
        before = (lowest.shown_at, lowest.id)

    assert texts == [f"{number}" for number in range(14)]


async def statements(world: World, look: Any) -> int:
    def count(rd: Reading) -> int:
        ran: list[str] = []
        cursor = rd._cursor

        def counted(sql: str, parameters: tuple[Any, ...]) -> Any:
            ran.append(sql)
            return cursor(sql, parameters)

        rd._cursor = counted
        look(rd)
        return len(ran)

    return await world.db.view(count)


async def test_a_longer_page_takes_no_more_statements(world: World) -> None:
    """Opening a conversation, and each list of the inbox."""
    mara = await world.colleague()
    snapshot = world.hub.snapshot
    first = await world.mail("0", subject="0")
    await world.reply(mara, first.customer_id)

    def open_conversation(rd: Reading) -> None:
        snapshot.conversation(rd, first.customer_id)

    def open_inbox(rd: Reading) -> None:
        snapshot.inbox(rd, "open", None, 50)

    before = [await statements(world, open_conversation), await statements(world, open_inbox)]
    for number in range(1, 12):
        await world.mail(f"{number}", subject=f"{number}")
        await world.reply(mara, first.customer_id)
        await world.mail("Hi", f"c{number}@example.com", name="Named")

    assert [await statements(world, open_conversation), await statements(world, open_inbox)] == before


def test_a_preview_is_one_line_of_what_was_said_now() -> None:
    assert preview("  Hello\n\nyou  \n> quoted", 14) == "Hello you"
    assert preview("> only quoted", 0) == "> only quoted"
    assert len(preview("word " * 500)) <= 200
