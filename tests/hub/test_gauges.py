"""The numbers that a process counts while it works."""

import asyncio
import time

from hub.gauges import UNITS, Buckets, Gauges, Pulse


def test_value_counts_for_the_first_bound_that_holds_it() -> None:
    buckets = Buckets((1, 10))

    for value in (0.5, 1, 2, 10, 11):
        buckets.add(value)

    assert buckets.counts == [2, 2, 1]
    assert buckets.total == 24.5


def test_group_of_units_and_its_time_are_counted() -> None:
    gauges = Gauges()
    gauges.committed(256, 0.002)
    gauges.committed(1, 0.001)

    assert gauges.group_units.counts[UNITS.index(256)] == gauges.group_units.counts[0] == 1
    assert sum(gauges.commit_s.counts) == 2


def test_event_from_a_node_whose_clock_is_ahead_is_not_early() -> None:
    gauges = Gauges()
    gauges.heard(["message.received", "message.received", "note.added"], -40)

    assert gauges.events == {"message.received": 2, "note.added": 1}
    assert gauges.event_lag_s.total == 0


def test_worker_that_has_not_begun_is_not_late_and_one_that_beats_is_not_either() -> None:
    pulse = Pulse()
    assert pulse.silent_s() == 0

    pulse.beat()

    assert pulse.silent_s() < 5


async def test_loop_that_was_held_up_is_late() -> None:
    gauges = Gauges()
    watching = asyncio.create_task(gauges.watch_loop())
    await asyncio.sleep(0)
    time.sleep(0.6)  # noqa: ASYNC251 - this is what holds it up
    for _ in range(5):
        await asyncio.sleep(0)
    watching.cancel()

    assert gauges.loop_lag_s.total > 0.2
