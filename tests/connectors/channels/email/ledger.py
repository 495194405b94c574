"""A working receiver in memory: keeps what is offered once, remembers the cursor, lets a test wait for it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from hub.ports.channel import Received

WITHIN = 40.0


class Ledger:
    """What the hub does with what a mailbox offers, without the hub."""

    def __init__(self) -> None:
        self.items: dict[str, Received] = {}
        self.offered_again: list[str] = []
        self.states: list[tuple[str, str]] = []
        self.kept_cursor = ""
        self.before_commit: Callable[[], Awaitable[None]] | None = None
        self.before_unknown: Callable[[], Awaitable[None]] | None = None
        self._changed = asyncio.Condition()

    async def __call__(self, items: Sequence[Received], cursor: str | None = None) -> None:
        if items and self.before_commit:
            await self.before_commit()
        for item in items:
            if item.provider_id in self.items:
                self.offered_again.append(item.provider_id)
            self.items.setdefault(item.provider_id, item)
        if cursor is not None:
            self.kept_cursor = cursor
        await self._tell()

    async def cursor(self) -> str:
        return self.kept_cursor

    async def unknown(self, provider_ids: Sequence[str]) -> list[str]:
        found = [each for each in provider_ids if each not in self.items]
        if found and self.before_unknown:
            await self.before_unknown()
        return found

    async def state(self, state: Literal["connecting", "ok", "failing"], reason: str = "") -> None:
        self.states.append((state, reason))
        await self._tell()

    def bodies(self) -> list[bytes]:
        return [item.body for item in self.items.values()]

    async def has(self, count: int) -> list[Received]:
        """The items, as soon as there are this many."""
        await self.until(lambda: len(self.items) >= count)
        return list(self.items.values())

    async def was(self, state: str, times: int = 1) -> None:
        """Return once the connection has been in this state so often."""
        await self.until(lambda: sum(each == state for each, _ in self.states) >= times)

    async def until(self, true: Callable[[], bool], within: float = WITHIN) -> None:
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(true), within)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
