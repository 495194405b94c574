"""Counts attempts per caller and turns away those that come too often. Kept in memory, by a clock that never jumps."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from hub.errors import TooMany


class Throttle:
    """At most `limit` attempts within `seconds` for each key; the keys that came longest ago are forgotten first."""

    def __init__(self, limit: int, seconds: float, *, keys: int = 10_000) -> None:
        self._limit = limit
        self._seconds = seconds
        self._keys = keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        # Called with the key of each attempt that is let through.
        self.told: Callable[[str], None] = lambda key: None

    def check(self, key: str) -> None:
        """Count one attempt, or raise `TooMany` saying when to come again."""
        now = time.monotonic()
        times = self._times.get(key) or deque[float]()
        if len(times) == self._limit and times[0] > now - self._seconds:
            raise TooMany(retry_after=math.ceil(times[0] + self._seconds - now))
        self.count(key)
        self.told(key)

    def count(self, key: str) -> None:
        """Count one attempt, wherever it was let through."""
        self._times.setdefault(key, deque(maxlen=self._limit)).append(time.monotonic())
        self._times.move_to_end(key)
        while len(self._times) > self._keys:
            self._times.popitem(last=False)
