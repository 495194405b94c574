"""How bounds are held: places for so many, bytes for so much, rates for so often. All in memory, none of it grows."""

from __future__ import annotations

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from hub.errors import TooMany, Unavailable

MINUTE_S = 60.0


class Overloaded(Unavailable):
    """The hub has more to do than it takes on. Nothing of this was stored; try again in a moment."""

    code = "overloaded"


class TooManySockets(TooMany):
    """Too many connections are open from there."""

    code = "too_many"


class Places:
    """So many at once; whoever comes beyond is refused with `Overloaded`."""

    __slots__ = ("_most", "taken")

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    def __enter__(self) -> None:
        if self.taken >= self._most:
            raise Overloaded
        self.taken += 1

    def __exit__(self, *problem: object) -> None:
        self.taken -= 1


class Shares:
    """So many at once for each key; beyond it `TooManySockets`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    def take(self, key: str) -> None:
        if self._taken[key] >= self._most:
            raise TooManySockets
        self._taken[key] += 1

    def leave(self, key: str) -> None:
        self._taken[key] -= 1
        if self._taken[key] <= 0:
            del self._taken[key]


class Budget:
    """So many bytes for all together; what does not fit is refused with `Overloaded`."""

    __slots__ = ("_most", "spent")

    def __init__(self, most: int) -> None:
        self._most = most
        self.spent = 0

    def spend(self, size: int) -> None:
        if self.spent + size > self._most:
            raise Overloaded
        self.spent += size

    def give_back(self, size: int) -> None:
        self.spent -= size


class Rate:
    """At most `limit` a minute for each key: one number each, and the keys heard of longest ago are forgotten first."""

    def __init__(self, limit: int, *, keys: int = 50_000) -> None:
        self._step = MINUTE_S / limit
        self._keys = keys
        # When, at this rate, all that a key has asked for would be done.
        self._done_at: OrderedDict[str, float] = OrderedDict()
        # Called with the key of each that is let through.
        self.told: Callable[[str], None] = lambda key: None

    def check(self, key: str) -> None:
        """Count one, or raise `TooMany` saying when to come again."""
        self.check_only(key)
        self.count(key)
        self.told(key)

    def check_only(self, key: str) -> None:
        """Raise `TooMany` when one more would be too many."""
        done_at = self._done_at.get(key)
        if done_at is None:
            return
        too_early = done_at + self._step - time.monotonic() - MINUTE_S
        # A hair's breadth is no reason: sums of steps are not exact.
        if too_early > self._step * 1e-6:
            raise TooMany(retry_after=math.ceil(too_early))

    def count(self, key: str) -> None:
        now = time.monotonic()
        self._done_at[key] = max(self._done_at.get(key, now), now) + self._step
        self._done_at.move_to_end(key)
        if len(self._done_at) > self._keys:
            self._done_at.popitem(last=False)
