"""Who is where: told once, forgotten when their node falls silent, and never more than there is room for."""

from dataclasses import dataclass

import pytest

from agent_ui.sockets import presence
from agent_ui.sockets.feed import Feed
from agent_ui.sockets.presence import Presence, Seat
from hub.bus import Bus

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
