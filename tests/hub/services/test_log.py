"""The log of events: nothing is lost and nothing comes twice, however slow a transaction is and however many write."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from hub.clock import Clock
from hub.database import Transaction
from hub.services import log
from hub.services.log import KEPT_MS, Event, Log, Position
from tests.agent_ui.pages.conftest import until
from tests.hub.world import World

# A transaction of this database that has begun to write and is not committed.
WRITES_ELSEWHERE = "SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname = current_database()"


def tell(tx: Transaction, number: int, slow_s: float = 0) -> int:
    tx.announce("told", extra={"number": number})
    if slow_s and tx.dialect.name == "postgresql":
        # The event's id is taken early, its commit comes late.
        tx._cursor("SELECT pg_current_xact_id()", ())
        tx._cursor(f"SELECT nextval(pg_get_serial_sequence('events', 'id')), pg_sleep({slow_s})", ())
    return number


def numbers(events: list[Event]) -> list[int]:
    bodies = [msgspec.json.decode(event.body) for event in events]
    return [body["number"] for body in bodies if body["kind"] == "told"]


async def read_all(world: World, position: Position) -> tuple[list[Event], Position]:
    events: list[Event] = []
    while True:
        more, after = await world.db.view(log.read, position, 7)
        events += more
        if after == position:
            return events, position
        position = after


async def test_many_writers_with_slow_transactions_lose_nothing_and_double_nothing(world: World) -> None:
    chance = random.Random(7)
    heard: list[int] = []
    reader = Log(world.db)
    reader.listen(lambda events: heard.extend(numbers(events)))
    await reader.start()
    done = asyncio.Event()

    async def read() -> None:
        while not done.is_set():
            await reader.read_on()
            await asyncio.sleep(0)
        await reader.read_on()

    reading = asyncio.create_task(read())
    await asyncio.gather(*(world.db.unit(tell, i, chance.choice([0, 0, 0, 0.05, 0.2])) for i in range(300)))
    done.set()
    await reading

    assert sorted(heard) == list(range(300))


async def test_from_any_snapshot_the_rest_comes_once_and_in_one_order(world: World) -> None:
    """A snapshot taken while others commit holds some of what is at its edge; that is not told again."""
    taken: list[tuple[set[int], Position]] = []

    async def snapshot() -> None:
        def look(rd: Any) -> tuple[set[int], Position]:
            rows = rd._cursor("SELECT body FROM events", ()).fetchall()
            bodies = [msgspec.json.decode(row[0]) for row in rows]
            return {body["number"] for body in bodies if body["kind"] == "told"}, log.position(rd)

        taken.append(await world.db.view(look))

    chance = random.Random(11)
    work: list[Any] = []
    for i in range(120):
        work.append(world.db.unit(tell, i, chance.choice([0, 0.02, 0.1])))
        if i % 6 == 0:
            work.append(snapshot())
    await asyncio.gather(*work)

    orders = []
    for seen, position in taken:
        events, _ = await read_all(world, position)
        rest = numbers(events)
        assert sorted([*seen, *rest]) == list(range(120))
        orders.append(rest)
    longest = max(orders, key=len)
    for order in orders:
        assert order == [number for number in longest if number in set(order)]


async def test_a_position_survives_being_written_down(world: World) -> None:
    await asyncio.gather(*(world.db.unit(tell, i) for i in range(20)))
    position = await world.db.view(log.position)

    assert Position.of(position.text()) == position
    await world.db.unit(tell, 99)
    events, _ = await read_all(world, Position.of(position.text()) or Position(0))
    assert numbers(events) == [99]


@pytest.mark.parametrize("text", ["", "x", "1-2", "1-2-3-4", "1-2-x", "--", "9" * 5000, "1.5", "١-x"])
def test_a_position_that_is_not_ours_is_none(text: str) -> None:
    assert Position.of(text) is None


async def test_an_event_carries_its_objects_once_and_whole(world: World) -> None:
    start = await world.db.view(log.position)
    entry = await world.mail("Hello", name="Anna")

    events, _ = await read_all(world, start)
    kinds = [event.kind for event in events]
    last = msgspec.json.decode(events[-1].body)
    assert kinds == ["request.opened", "message.received"]
    assert msgspec.json.decode(events[0].body)["changes"] == {}
    assert sorted(last["changes"]) == ["customers", "entries", "requests", "rows"]
    assert last["changes"]["entries"] == [msgspec.json.decode(msgspec.json.encode(entry))]
    assert last["counts"] == {"open": 1, "unassigned": 1}
    assert (events[-1].customer_id, events[-1].conversation_id) == (entry.customer_id, entry.conversation_id)


async def test_a_unit_that_fails_leaves_no_event(world: World) -> None:
    start = await world.db.view(log.position)

    def fail(tx: Transaction) -> None:
        tell(tx, 1)
        raise KeyError("no")

    with pytest.raises(KeyError):
        await world.db.unit(fail)

    assert (await read_all(world, start))[0] == []


async def test_a_failing_listener_does_not_keep_the_others_from_hearing(world: World) -> None:
    heard: list[int] = []
    reader = Log(world.db)

    def fail(events: list[Event]) -> None:
        raise ZeroDivisionError

    reader.listen(fail)
    reader.listen(lambda events: heard.extend(numbers(events)))
    await reader.start()
    await world.db.unit(tell, 5)

    await reader.read_on()

    assert heard == [5]


async def test_a_log_that_runs_is_woken_by_commits(world: World) -> None:
    heard: asyncio.Queue[int] = asyncio.Queue()

    def hear(events: list[Event]) -> None:
        for number in numbers(events):
            heard.put_nowait(number)

    world.hub.log.listen(hear)
    await world.hub.log.start()
    running = asyncio.create_task(world.hub.log.run())

    await world.db.unit(tell, 42)

    assert await asyncio.wait_for(heard.get(), 20) == 42
    running.cancel()


# --- what is forgotten ---


async def test_a_reader_knows_how_far_it_is_behind(world: World, clock: Clock) -> None:
    reader = Log(world.db)
    await reader.start()
    before = await reader.behind_ms()

    await world.db.unit(tell, 1)
    clock.move_by(timedelta(seconds=5))
    behind = await reader.behind_ms()
    await reader.read_on()

    assert before == 0
    assert 5000 <= behind < 60_000
    assert await reader.behind_ms() == 0


@pytest.mark.parametrize("closed_db", ["postgres"], indirect=True)
async def test_what_a_transaction_left_open_holds_back_is_behind(world: World, clock: Clock) -> None:
    reader = Log(world.db)
    await reader.start()
    left_open = asyncio.create_task(world.db.unit(tell, 1, 2))
    await until(lambda: world.sql(WRITES_ELSEWHERE))

    await world.db.unit(tell, 2)
    clock.move_by(timedelta(seconds=5))
    await reader.read_on()
    behind = await reader.behind_ms()
    await left_open
    await reader.read_on()

    assert behind >= 5000
    assert await reader.behind_ms() == 0


async def test_old_events_are_forgotten_from_the_front_without_a_hole(world: World, clock: Clock) -> None:
    start = await world.db.view(log.position)
    await world.db.unit(tell, 1)
    middle = await world.db.view(log.position)
    # The clock may be set back; what stands behind something younger in the log stays.
    clock.move_by(timedelta(days=2))
    await world.db.unit(tell, 2)
    clock.move_by(timedelta(days=-1))
    await world.db.unit(tell, 3)
    clock.move_by(timedelta(milliseconds=KEPT_MS))

    while await world.hub.log.forget_old():
        pass

    assert [row.body for row in await world.table("events")] != []
    rest, _ = await read_all(world, middle)
    assert numbers(rest) == [2, 3]
    assert not await world.db.view(log.reaches, start)
    assert await world.db.view(log.reaches, middle)


async def test_the_newest_event_is_kept_however_old(world: World, clock: Clock) -> None:
    await world.db.unit(tell, 1)
    here = await world.db.view(log.position)
    clock.move_by(timedelta(days=30))
    while await world.hub.log.forget_old():
        pass

    assert len(await world.table("events")) == 1
    assert await world.db.view(log.reaches, here)


async def test_a_position_of_the_future_is_not_reached(world: World) -> None:
    await world.db.unit(tell, 1)
    future = Position(10**9) if world.db.dialect.name == "sqlite" else Position(0, 10**9)

    assert not await world.db.view(log.reaches, future)


async def test_what_nobody_hinted_at_is_heard_within_a_second(world: World) -> None:
    """Another node's bus is dead: its commit wakes nobody here."""
    heard: asyncio.Queue[list[int]] = asyncio.Queue()
    reader = Log(world.db)
    await reader.start()
    reader.listen(lambda events: heard.put_nowait(numbers(events)))
    reading = asyncio.create_task(reader.run())
    try:
        for number in range(3):
            await world.db.unit(tell, number)
            assert await asyncio.wait_for(heard.get(), 30) == [number]
    finally:
        reading.cancel()
        await asyncio.wait([reading])
    assert log.POLL_S < 1
