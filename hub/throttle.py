"""Counts attempts per caller and turns away those that come too often. Kept in memory, by a clock that never jumps."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque

from hub.errors import TooMany


class Throttle:
    """At most `limit` attempts within `seconds` for each key; the keys that came longest ago are forgotten first."""

    def __init__(self, limit: int, seconds: float, *, keys: int = 10_000) -> None:
        self._limit = limit
        self._seconds = seconds
        self._keys = keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, key: str) -> None:
        """Count one attempt, or raise `TooMany` saying when to come again."""
        now = time.monotonic()
        times = self._times.setdefault(key, deque(maxlen=self._limit))
        self._times.move_to_end(key)
        if len(times) == self._limit and times[0] > now - self._seconds:
            raise TooMany(retry_after=math.ceil(times[0] + self._seconds - now))
        times.append(now)
        while len(self._times) > self._keys:
            self._times.popitem(last=False)
