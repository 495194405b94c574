"""Remembers for a few seconds who a cookie or token stands for, so that not each request asks the database."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")

# The longest that another node may still let in somebody whom this one has shut out.
SECONDS = 5.0
MOST = 10_000


class Remembered(Generic[T]):
    """What is known of each secret's hash; `forget` after any change to who may come in."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._round = 0

    def get(self, secret_hash: str) -> T | None:
        found = self._known.get(secret_hash)
        if found is None or found[0] < time.monotonic():
            return None
        return found[1]

    def round(self) -> int:
        """Taken before asking the database: what was asked before a `forget` is not remembered after it."""
        return self._round

    def put(self, secret_hash: str, known: T, asked_in: int) -> None:
        if asked_in != self._round:
            return
        self._known[secret_hash] = (time.monotonic() + SECONDS, known)
        self._known.move_to_end(secret_hash)
        while len(self._known) > MOST:
            self._known.popitem(last=False)

    def forget(self) -> None:
        self._known.clear()
        self._round += 1
