"""How often somebody came is counted by all nodes together: each tells the others, a moment late, whom it let in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

import msgspec

from hub.bus import Bus, Hint

# Attempts are gathered so long before the other nodes are told.
GATHERED_S = 0.1
# As many keys at most in one hint.
MOST = 500
# More of one key at once than any limit is worth counting.
MOST_OF_ONE = 1000


class Counted(Protocol):
    """What turns away those that come too often."""

    # Called with the key of each attempt that is let through here.
    told: Callable[[str], None]

    def count(self, key: str) -> None:
        """Count an attempt that another node let through."""


class SharedCounts:
    """The limits that hold for all nodes together. Without a bus each node has its own."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._shared: dict[str, Counted] = {}
        self._fresh: Counter[tuple[str, str]] = Counter()
        bus.listen(self._on_hint)

    def share(self, counted: Mapping[str, Counted]) -> None:
        """Count these on all nodes, under names that are the same on each."""
        for name, one in counted.items():
            self._shared[name] = one
            one.told = partial(self._note, name)

    def _note(self, name: str, key: str) -> None:
        if not self._bus.is_shared:
            return
        if not self._fresh:
            asyncio.get_running_loop().call_later(GATHERED_S, self._tell)
        self._fresh[name, key] += 1
        if len(self._fresh) >= MOST:
            self._tell()

    def _tell(self) -> None:
        if self._fresh:
            told = [(name, key, count) for (name, key), count in self._fresh.items()]
            self._fresh.clear()
            self._bus.publish("rates", {"counts": told})

    def _on_hint(self, hint: Hint) -> None:
        if hint.kind != "rates" or hint.node == self._bus.node:
            return
        for name, key, count in msgspec.convert(hint.body["counts"], list[tuple[str, str, int]]):
            if name in self._shared:
                for _ in range(min(count, MOST_OF_ONE)):
                    self._shared[name].count(key)
