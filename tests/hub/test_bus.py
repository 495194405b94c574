"""What nodes tell each other in passing, over a real Valkey that may go away and come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from hub.bus import CHANNEL, Bus, Hint, RedisBus
from tests.parts.process import free_port
from tests.parts.valkey import Valkey, valkey


class Ear:
    """Keeps what a bus tells."""

    def __init__(self, bus: Bus) -> None:
        self.hints: asyncio.Queue[Hint] = asyncio.Queue()
        bus.listen(self.hints.put_nowait)

    async def next(self) -> Hint:
        return await asyncio.wait_for(self.hints.get(), 30)

    async def next_from(self, node: str) -> Hint:
        while (hint := await self.next()).node != node:
            pass
        return hint


@asynccontextmanager
async def node(name: str, url: str) -> AsyncIterator[tuple[Bus, Ear]]:
    bus = RedisBus(name, url)
    ear = Ear(bus)
    work = asyncio.create_task(bus.run())
    try:
        yield bus, ear
    finally:
        work.cancel()
        await asyncio.wait([work])


async def until_heard(speaker: Bus, ear: Ear) -> Hint:
    """Say it until it is heard: nobody knows when the other has subscribed."""
    while True:
        speaker.publish("more", {"from": speaker.node})
        try:
            async with asyncio.timeout(0.3):
                return await ear.next_from(speaker.node)
        except TimeoutError:
            continue


async def test_a_node_alone_tells_itself() -> None:
    bus = Bus("a")
    ear = Ear(bus)

    bus.publish("presence", {"customer": 7})

    assert await ear.next() == Hint(kind="presence", node="a", body={"customer": 7})


async def test_a_listener_that_fails_does_not_keep_the_others_from_hearing() -> None:
    bus = Bus("a")

    def fail(hint: Hint) -> None:
        raise ZeroDivisionError

    bus.listen(fail)
    ear = Ear(bus)
    bus.publish("more")

    assert (await ear.next()).kind == "more"


async def test_nodes_hear_each_other_and_themselves_once(valkey_server: Valkey) -> None:
    async with node("a", valkey_server.url) as (one, one_ear), node("b", valkey_server.url) as (other, other_ear):
        await until_heard(one, other_ear)
        await until_heard(other, one_ear)
        one.publish("presence", {"n": 1})
        other.publish("presence", {"n": 2})

        heard: list[Hint] = []
        while [hint.node for hint in heard].count("b") < 1 or [hint.node for hint in heard].count("a") < 1:
            hint = await one_ear.next()
            if hint.kind == "presence":
                heard.append(hint)
        assert sorted(hint.node for hint in heard) == ["a", "b"]


async def test_what_is_no_hint_is_passed_over(valkey_server: Valkey) -> None:
    async with node("a", valkey_server.url) as (one, _), node("b", valkey_server.url) as (_, ear):
        await until_heard(one, ear)
        async with Redis.from_url(valkey_server.url) as stranger:
            for nonsense in (b"", b"{", b'{"kind": 7}', b"\xff"):
                await stranger.publish(CHANNEL, nonsense)

        assert (await until_heard(one, ear)).node == "a"


async def test_nodes_find_each_other_again_after_the_bus_was_away() -> None:
    port = free_port()
    with valkey(port) as server:
        url = server.url
        one = node("a", url)
        other = node("b", url)
        bus, _ = await one.__aenter__()
        _, ear = await other.__aenter__()
        await until_heard(bus, ear)
    for _ in range(20):
        bus.publish("more")

    with valkey(port):
        assert (await until_heard(bus, ear)).node == "a"
        await one.__aexit__(None, None, None)
        await other.__aexit__(None, None, None)


async def test_a_bus_that_was_never_there_stops_nobody() -> None:
    async with node("a", f"redis://127.0.0.1:{free_port()}/0") as (bus, ear):
        for _ in range(2000):
            bus.publish("more")
        assert (await ear.next()).node == "a"
