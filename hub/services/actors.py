"""Remembers for a few seconds who a cookie or token stands for, so that not each request asks the database."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from hub.clock import Clock

T = TypeVar("T")

# The longest that another node may still let in somebody whom this one has shut out.
MILLISECONDS = 5_000
MOST = 10_000


class Remembered(Generic[T]):
    """What is known of each secret's hash; `forget` after any change to who may come in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[int, T]] = OrderedDict()
        self._round = 0

    def get(self, secret_hash: str) -> T | None:
        found = self._known.get(secret_hash)
        # The hub's clock may also be moved back.
        if found is None or not 0 <= self._clock.now() - found[0] < MILLISECONDS:
            return None
        return found[1]

    def round(self) -> int:
        """Taken before asking the database: what was asked before a `forget` is not remembered after it."""
        return self._round

    def put(self, secret_hash: str, known: T, asked_in: int) -> None:
        if asked_in != self._round:
            return
        self._known[secret_hash] = (self._clock.now(), known)
        self._known.move_to_end(secret_hash)
        while len(self._known) > MOST:
            self._known.popitem(last=False)

    def forget(self) -> None:
        self._known.clear()
        self._round += 1
