"""The feed: one order for everybody, one frame for a commit group, frames are shared, and nobody waits for the slow."""

import asyncio
import json
import socket as sockets
from typing import Any

import pytest
from websockets.asyncio.client import connect

from agent_ui.cookies import SESSION
from agent_ui.protocol import events_frame, packed
from agent_ui.sockets import feed as feeds
from agent_ui.sockets import outlet
from hub.database import Transaction
from hub.security import Actor
from tests.agent_ui.pages.conftest import until
from tests.agent_ui.sockets.conftest import Stage
from tests.parts.sockets import Socket


def tell(tx: Transaction, number: int, size: int = 0) -> None:
    tx.announce("told", extra={"number": number, "words": "x" * size})


async def numbers(line: Socket, last: int) -> list[int]:
    """The numbers told, in order, up to the last."""
    heard: list[int] = []
    while last not in heard:
        events = (await line.frame("events"))["events"]
        heard += [event["number"] for event in events if event["kind"] == "told"]
    return heard


@pytest.fixture(name="made")
def count_frames(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every frame of events that is made."""
    made: list[str] = []
    make = events_frame

    def make_and_count(bodies: list[str], position: str) -> str:
        made.append(make(bodies, position))
        return made[-1]

    monkeypatch.setattr(feeds, "events_frame", make_and_count)
    return made


async def test_events_of_one_commit_group_come_in_one_frame(stage: Stage, mara: Actor) -> None:
    line, _ = await stage.console(mara)

    # Units that wait together are committed together.
    await asyncio.gather(*(stage.world.db.unit(tell, i) for i in range(40)))

    frames: list[int] = []
    while sum(frames) < 40:
        frames.append(len((await line.frame("events"))["events"]))
    assert len(frames) < 10
    assert max(frames) > 4


async def test_consoles_with_the_same_rights_share_one_frame(stage: Stage, made: list[str]) -> None:
    people = [await stage.world.colleague(f"Agent {i}") for i in range(8)]
    lines = [(await stage.console(person))[0] for person in people]
    made.clear()

    await stage.world.db.unit(tell, 1)

    for line in lines:
        assert await numbers(line, 1) == [1]
    assert len(made) == 1


async def test_a_frame_for_many_is_packed_once_however_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    packings: list[str] = []

    def pack_and_count(text: str) -> bytes:
        packings.append(text)
        return packed(text)

    monkeypatch.setattr(outlet, "packed", pack_and_count)
    lines = [(await stage.console(await stage.world.colleague(f"Agent {i}")))[0] for i in range(4)]
    packings.clear()

    for number, size in ((1, 0), (2, 500), (3, 70_000)):
        await stage.world.db.unit(tell, number, size)
        assert [await numbers(line, number) for line in lines] == [[number]] * 4

    assert len(packings) == 3


async def test_what_is_for_one_alone_makes_one_frame_more(stage: Stage, made: list[str]) -> None:
    people = [await stage.world.colleague(f"Agent {i}") for i in range(4)]
    lines = [(await stage.console(person))[0] for person in people]
    made.clear()

    def tell_both(tx: Transaction) -> None:
        tx.announce("told", audience=f"agent:{people[0].id}", extra={"number": 1})
        tx.announce("told", extra={"number": 2})

    await stage.world.db.unit(tell_both)

    assert [await numbers(line, 2) for line in lines] == [[1, 2], [2], [2], [2]]
    assert len(made) == 2


async def test_everybody_hears_everything_in_the_same_order(stage: Stage, mara: Actor, lea: Actor) -> None:
    early, _ = await stage.console(mara)
    await asyncio.gather(*(stage.world.db.unit(tell, i) for i in range(50)))
    late, first = await stage.console(lea, "0")
    await asyncio.gather(*(stage.world.db.unit(tell, i) for i in range(50, 100)))
    await stage.world.db.unit(tell, 100)

    one = await numbers(early, 100)
    other = [event["number"] for event in first["events"] if event["kind"] == "told"] + await numbers(late, 100)

    assert sorted(one) == list(range(101))
    assert one == other


async def test_what_happens_while_a_snapshot_is_read_comes_after_it_and_once(
    stage: Stage, mara: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = asyncio.Event(), asyncio.Event()
    view = stage.world.db.view

    async def slow(fn: Any, *given: Any) -> Any:
        result = await view(fn, *given)
        if fn.__name__ == "_read_snapshot" and not reading.is_set():
            reading.set()
            await go_on.wait()
        return result

    monkeypatch.setattr(stage.world.db, "view", slow)
    await stage.world.db.unit(tell, 1)
    beginning = asyncio.create_task(stage.console(mara))
    await reading.wait()
    for i in (2, 3):
        await stage.world.db.unit(tell, i)
    other, _ = await stage.console(mara)
    await stage.world.db.unit(tell, 4)
    assert await numbers(other, 4) == [4]
    go_on.set()
    line, first = await beginning

    assert "snapshot" in first
    assert await numbers(line, 4) == [2, 3, 4]


async def deaf_socket(stage: Stage, actor: Actor) -> sockets.socket:
    """A console that has said hello and reads nothing any more; its line holds as little as the machine allows."""
    line = sockets.socket()
    line.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    line.setblocking(False)
    host, port = stage.url.removeprefix("http://").split(":")
    await asyncio.get_running_loop().sock_connect(line, (host, int(port)))
    cookie = await stage.cookie(actor)
    said = await connect(
        f"ws://{host}:{port}/console/socket",
        sock=line,
        additional_headers={"Cookie": f"{SESSION}={cookie}"},
        proxy=None,
        max_size=None,
        ping_interval=None,
    )
    await said.send(json.dumps({"hello": {}}))
    assert "snapshot" in json.loads(await said.recv())
    said.transport.pause_reading()
    stage.lines.push_async_callback(_let_go, said)
    return line


async def _let_go(line: Any) -> None:
    line.transport.abort()


async def test_console_that_reads_nothing_is_cut_and_delays_nobody(
    stage: Stage, mara: Actor, lea: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.limit(unsent_bytes=1024 * 1024)
    monkeypatch.setattr("agent_ui.sockets.outlet.FAREWELL_S", 0.2)
    await deaf_socket(stage, mara)
    line, _ = await stage.console(lea)
    feed: feeds.Feed = stage.app.state.feed
    [deaf] = [console for console in feed.consoles if console.actor.id == mara.id]

    told = 0
    while not deaf.outlet.closed:
        told += 1
        assert told < 1000
        await stage.world.db.unit(tell, told, 50_000)
        assert await numbers(line, told) == [told]

    async def is_gone() -> bool:
        return deaf not in feed.consoles

    await until(is_gone)
    await stage.world.db.unit(tell, told + 1)
    assert await numbers(line, told + 1) == [told + 1]


async def test_console_that_takes_nothing_for_long_is_cut_however_little_waits(stage: Stage, mara: Actor) -> None:
    stage.limit(slow_socket_seconds=0.2)
    await deaf_socket(stage, mara)
    feed: feeds.Feed = stage.app.state.feed

    async def is_gone_after_more() -> bool:
        await stage.world.db.unit(tell, 1, 100_000)
        return not feed.consoles

    await until(is_gone_after_more)


async def test_who_was_cut_comes_back_and_misses_nothing(stage: Stage, mara: Actor) -> None:
    line, _ = await stage.console(mara)
    await stage.world.db.unit(tell, 1)
    await numbers(line, 1)
    [console] = stage.app.state.feed.consoles
    console.outlet.cut()
    assert await line.over() == "too_slow"
    await stage.world.db.unit(tell, 2)

    _, missed = await stage.console(mara, line.position)

    assert [event["number"] for event in missed["events"]] == [2]
