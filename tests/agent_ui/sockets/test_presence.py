"""Who is where: told once, forgotten when their node falls silent, and never more than there is room for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from agent_ui.sockets import presence
from agent_ui.sockets.feed import Feed
from agent_ui.sockets.presence import Presence, Seat
from agent_ui.sockets.widgets import Widgets
from hub import bus as buses
from hub.bus import Bus, RedisBus
from hub.limits import Limits
from tests.parts.valkey import Valkey

Typed = list[tuple[int, str | None]]

MARA = Seat(customer=7, agent=1, name="Mara Lind", doing="reply")
VISITOR = Seat(customer=7, typing=True, text="I would like")


@dataclass
class Time:
    """Stands still unless a test moves it."""

    seconds: float = 1000.0


@pytest.fixture(name="time")
def make_time() -> Time:
    return Time()


@pytest.fixture(name="here")
def make_presence(time: Time) -> Presence:
    return Presence(Bus("a"), Feed(), lambda: time.seconds)


@pytest.fixture(name="typed")
def listen(here: Presence) -> Typed:
    """What widgets are told of who writes to them."""
    typed: Typed = []
    here.on_typing(lambda customer, name: typed.append((customer, name)))
    return typed


def customers(here: Presence) -> list[int]:
    return [there["customer"] for there in here.everywhere()]


def test_everyone_at_a_customer_is_known_by_what_they_do_most(here: Presence) -> None:
    here.sit("tab one", MARA)
    here.sit("tab two", Seat(customer=7, agent=1, name="Mara Lind"))
    here.sit("browser", VISITOR)

    visitor = {"online": True, "typing": True, "text": "I would like"}
    assert here.everywhere() == [{"customer": 7, "agents": [{"id": 1, "doing": "reply"}], "visitor": visitor}]


def test_visitor_who_types_in_one_tab_types(here: Presence) -> None:
    here.sit("a tab", VISITOR)
    here.sit("b tab", Seat(customer=7))

    assert here.of(7)["visitor"]["typing"] is True


def test_colleague_who_turns_to_another_customer_writes_to_the_first_no_more(here: Presence, typed: Typed) -> None:
    here.sit("console", MARA)
    here.sit("console", MARA)
    here.sit("console", Seat(customer=8, agent=1, name="Mara Lind"))

    assert typed == [(7, "Mara Lind"), (7, None)]
    assert customers(here) == [8]


def test_last_of_two_who_write_to_a_customer_is_still_told_of(here: Presence, typed: Typed) -> None:
    here.sit("one", MARA)
    here.sit("two", Seat(customer=7, agent=2, name="Theo", doing="reply"))
    here.sit("one", None)

    assert typed == [(7, "Mara Lind"), (7, "Theo")]
    assert here.writer(7) == "Theo"


def test_who_leaves_leaves_nothing_behind(here: Presence) -> None:
    here.sit("console", MARA)
    here.sit("browser", VISITOR)

    here.sit("console", None)
    here.sit("browser", None)
    here.sit("never came", None)

    assert here.everywhere() == []
    assert here.writer(7) is None


def test_those_of_a_node_that_fell_silent_are_forgotten(here: Presence, time: Time, typed: Typed) -> None:
    here.sit("on a dead node", MARA)
    here.sit("on a living node", Seat(customer=8))
    time.seconds += presence.FORGET_S - 1
    here.sit("on a living node", Seat(customer=8))
    assert customers(here) == [7, 8]

    time.seconds += presence.SWEEP_S
    here.forget_silent()

    assert customers(here) == [8]
    assert typed == [(7, "Mara Lind"), (7, None)]


def test_there_is_room_for_so_many_and_who_said_least_lately_goes_first(
    here: Presence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "MOST", 3)

    for customer in (1, 2, 3):
        here.sit(f"browser {customer}", Seat(customer=customer))
    here.sit("browser 1", Seat(customer=1))
    here.sit("browser 4", Seat(customer=4))

    assert sorted(customers(here)) == [1, 3, 4]


# --- several nodes ---


@dataclass
class Node:
    """What two nodes of a cluster know of each other's people."""

    bus: RedisBus
    presence: Presence
    widgets: Widgets
    work: asyncio.Task[None]
    heard: asyncio.Event

    async def knows(self, customers_there: list[int]) -> None:
        await self.until(lambda: sorted(customers(self.presence)) == customers_there)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for what this node hears until this is so."""
        async with asyncio.timeout(30):
            while not true():
                self.heard.clear()
                await self.heard.wait()

    async def die(self) -> None:
        """As by kill -9: it says nothing more, not even goodbye."""
        await self.bus._redis.aclose()
        self.bus._encoded = lambda kind, body: b""  # type: ignore[method-assign]
        await self.stop()

    async def stop(self) -> None:
        self.work.cancel()
        await asyncio.wait([self.work])


@asynccontextmanager
async def node(name: str, server: Valkey) -> AsyncIterator[Node]:
    bus = RedisBus(name, server.url)
    work = asyncio.create_task(bus.run())
    one = Node(bus, Presence(bus, Feed()), Widgets(bus, Limits()), work, asyncio.Event())
    bus.listen(lambda hint: one.heard.set())
    try:
        yield one
    finally:
        await one.stop()


async def test_a_node_that_comes_learns_who_is_there_already(valkey_server: Valkey) -> None:
    async with node("a", valkey_server) as one:
        for customer in range(presence.TOLD_AT_ONCE + 1):
            one.presence.sit(f"browser {customer}", Seat(customer=customer))
        one.presence.sit("console", MARA)

        async with node("b", valkey_server) as other:
            await other.knows(list(range(presence.TOLD_AT_ONCE + 1)))
            other.presence.sit("another console", Seat(customer=500, agent=2, name="Theo", doing="reply"))

            await one.until(lambda: one.presence.writer(500) == "Theo")
            assert other.presence.writer(7) == "Mara Lind"


async def test_those_of_a_node_that_stops_are_gone_at_once(valkey_server: Valkey) -> None:
    async with node("a", valkey_server) as one, node("b", valkey_server) as other:
        one.presence.sit("console", MARA)
        await other.knows([7])

        await one.stop()

        await other.knows([])


async def test_those_of_a_node_that_dies_are_gone_when_it_was_silent_for_a_while(
    valkey_server: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buses, "ALIVE_S", 0.05)
    monkeypatch.setattr(buses, "SILENT_S", 0.5)
    async with node("a", valkey_server) as one, node("b", valkey_server) as other:
        one.presence.sit("console", MARA)
        other.presence.sit("browser", Seat(customer=8))
        await other.knows([7, 8])

        await one.die()

        await other.knows([8])
        assert not other.bus.is_shared


async def test_a_visitor_whose_page_is_at_another_node_has_not_gone(valkey_server: Valkey) -> None:
    async with node("a", valkey_server) as one, node("b", valkey_server) as other:
        other.widgets.join(Page(17))
        await one.until(lambda: one.bus.is_shared)
        await other.until(lambda: other.bus.is_shared)

        assert await one.widgets.is_anywhere(17)
        assert not await one.widgets.is_anywhere(18)


@dataclass(eq=False)
class Page:
    """An open widget, as far as others ask for it."""

    visitor_id: int
    conversation_id: int | None = None
    customer_id: int | None = None

    async def refresh(self) -> None: ...

    def typing(self, name: str | None) -> None: ...

    def refuse(self, refusal: Exception) -> None: ...
