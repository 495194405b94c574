"""Limits that hold for all nodes together, over a real Valkey."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from hub.bus import Bus, Hint, RedisBus
from hub.errors import TooMany
from hub.shared_counts import MOST, SharedCounts
from hub.throttle import Throttle
from tests.parts.valkey import Valkey


@dataclass
class Node:
    """A node that lets three come in a minute, ten in another place."""

    bus: RedisBus
    door: Throttle
    heard: asyncio.Queue[Hint]

    async def hears(self, kind: str) -> Hint:
        """The next of this kind that another node says."""
        async with asyncio.timeout(30):
            while True:
                hint = await self.heard.get()
                if hint.kind == kind and hint.node != self.bus.node:
                    return hint


@asynccontextmanager
async def node(name: str, server: Valkey) -> AsyncIterator[Node]:
    bus = RedisBus(name, server.url)
    one = Node(bus, Throttle(3, 60), asyncio.Queue())
    SharedCounts(bus).share({"door": one.door})
    bus.listen(one.heard.put_nowait)
    work = asyncio.create_task(bus.run())
    try:
        yield one
    finally:
        work.cancel()
        await asyncio.wait([work])


@asynccontextmanager
async def two_nodes(server: Valkey) -> AsyncIterator[tuple[Node, Node]]:
    async with node("a", server) as one, node("b", server) as other:
        await one.hears("joined")
        await other.hears("joined")
        yield one, other


async def test_who_came_to_one_node_has_come_to_all(valkey_server: Valkey) -> None:
    async with two_nodes(valkey_server) as (one, other):
        one.door.check("10.0.0.7")
        one.door.check("10.0.0.7")
        await other.hears("rates")
        other.door.check("10.0.0.7")

        with pytest.raises(TooMany):
            other.door.check("10.0.0.7")
        other.door.check("10.0.0.8")
        await one.hears("rates")
        with pytest.raises(TooMany):
            one.door.check("10.0.0.7")


async def test_whoever_is_turned_away_is_not_told_of(valkey_server: Valkey) -> None:
    async with two_nodes(valkey_server) as (one, other):
        for _ in range(3):
            one.door.check("10.0.0.7")
        for _ in range(100):
            with pytest.raises(TooMany):
                one.door.check("10.0.0.7")

        assert (await other.hears("rates")).body == {"counts": [["door", "10.0.0.7", 3]]}


async def test_many_at_once_are_told_of_in_few_words(valkey_server: Valkey) -> None:
    async with two_nodes(valkey_server) as (one, other):
        for number in range(2 * MOST):
            one.door.check(f"10.0.{number // 256}.{number % 256}")

        told = [len((await other.hears("rates")).body["counts"]) for _ in range(2)]  # type: ignore[arg-type]
        assert told == [MOST, MOST]


async def test_a_node_alone_tells_nobody() -> None:
    bus, door, said = Bus("a"), Throttle(3, 60), list[Hint]()
    SharedCounts(bus).share({"door": door})
    bus.listen(said.append)

    for _ in range(3):
        door.check("10.0.0.7")

    with pytest.raises(TooMany):
        door.check("10.0.0.7")
    assert said == []
