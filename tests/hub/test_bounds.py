"""So many, so much and so often, and no more."""

import pytest

from hub.bounds import Budget, Overloaded, Places, Rate, Shares, TooManySockets
from hub.errors import TooMany
from hub.limits import Limits, within


def test_a_place_is_free_again_when_its_holder_has_gone() -> None:
    places = Places(1)

    with places, pytest.raises(Overloaded), places:
        pass
    with places:
        assert places.taken == 1
    assert places.taken == 0


def test_each_key_has_its_own_share() -> None:
    shares = Shares(1)
    shares.take("mara")

    with pytest.raises(TooManySockets):
        shares.take("mara")
    shares.take("lea")
    shares.leave("mara")
    shares.take("mara")


def test_bytes_are_given_back() -> None:
    budget = Budget(10)
    budget.spend(8)

    with pytest.raises(Overloaded):
        budget.spend(3)
    budget.give_back(8)
    budget.spend(10)


def test_a_rate_lets_a_minutes_worth_through_at_once_and_then_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("hub.bounds.time.monotonic", lambda: now)
    rate = Rate(30)
    for _ in range(30):
        rate.check("192.0.2.1")

    with pytest.raises(TooMany) as refused:
        rate.check("192.0.2.1")
    rate.check("192.0.2.2")

    assert refused.value.retry_after == 2
    now += 2
    rate.check("192.0.2.1")
    with pytest.raises(TooMany):
        rate.check("192.0.2.1")
    now += 60
    for _ in range(30):
        rate.check("192.0.2.1")


def test_a_rate_remembers_so_many_and_no_more() -> None:
    rate = Rate(1, keys=10)

    for n in range(1_000):
        rate.check(f"192.0.2.{n}")

    assert len(rate._done_at) == 10
    rate.check("192.0.2.0")


def test_as_many_connections_are_kept_as_the_machine_allows_files() -> None:
    narrow = within(Limits(), 1_500)

    assert (narrow.connections, narrow.sockets) == (1_000, 1_000)
    assert within(Limits(), 1_000_000) == Limits()
