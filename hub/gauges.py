"""What a process counts while it works: plain numbers, added up as things happen and read only when somebody asks."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import Counter, defaultdict

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
LOOK_S = 0.25


class Buckets:
    """How many values were at most as large as each bound, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...] = SECONDS) -> None:
        self.bounds = bounds
        # The last one is for what is larger than all.
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Pulse:
    """When a worker that goes round for ever was last seen to do so; one that has not begun is not late."""

    __slots__ = ("_beaten",)

    def __init__(self) -> None:
        self._beaten: float | None = None

    def beat(self) -> None:
        self._beaten = time.monotonic()

    def silent_s(self) -> float:
        """For how long nothing was seen of it."""
        return 0.0 if self._beaten is None else time.monotonic() - self._beaten


class Gauges:
    """The numbers of one hub in this process. The writer's thread adds too: each number is added to by one thread."""

    def __init__(self) -> None:
        self.group_units = Buckets(UNITS)
        self.commit_s = Buckets()
        self.view_s = Buckets()
        self.groups_lost = 0
        self.events: Counter[str] = Counter()
        # From the moment an event was caused to the moment all sockets of this node were given it.
        self.event_lag_s = Buckets()
        self.loop_lag_s = Buckets()
        # (channel, outcome) and channel: what became of each try to send, and how long it took.
        self.tries: Counter[tuple[str, str]] = Counter()
        self.send_s: defaultdict[str, Buckets] = defaultdict(Buckets)
        # (method, path, status) and (method, path).
        self.answers: Counter[tuple[str, str, int]] = Counter()
        self.answer_s: defaultdict[tuple[str, str], Buckets] = defaultdict(Buckets)

    def committed(self, units: int, seconds: float) -> None:
        self.group_units.add(units)
        self.commit_s.add(seconds)

    def heard(self, kinds: list[str], lag_ms: int) -> None:
        """A batch of the log has reached this node's sockets."""
        self.events.update(kinds)
        self.event_lag_s.add(max(0, lag_ms) / 1000)

    def tried(self, channel: str, outcome: str, seconds: float) -> None:
        self.tries[channel, outcome] += 1
        self.send_s[channel].add(seconds)

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        self.answers[method, path, status] += 1
        self.answer_s[method, path].add(seconds)

    async def watch_loop(self) -> None:
        """Look, for ever, how late the event loop is: everybody who waits here waits that much longer."""
        while True:
            due = time.perf_counter() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self.loop_lag_s.add(max(0.0, time.perf_counter() - due))
