"""Who may open a socket, and when it is its turn: so many in all and of each, brought up to date a few at a time."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

from hub.bounds import Overloaded, Places, Shares
from hub.limits import Limits


class Turns:
    """A few hellos at a time, so that a thousand which come at once leave the database to others as well."""

    def __init__(self, limits: Limits) -> None:
        self._free = asyncio.Semaphore(limits.hellos)
        self._most_waiting = limits.hellos_waiting
        # By then about as many as wait now will have had their turn.
        self._come_again_s = max(1, limits.hellos_waiting // limits.returns_per_second)
        self._waiting = 0

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a turn; raises `Overloaded` where too many wait already."""
        if self._waiting >= self._most_waiting:
            raise Overloaded(retry_after=self._come_again_s)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


class Arrivals:
    """The sockets of this node."""

    def __init__(self, limits: Limits) -> None:
        self._all = Places(limits.sockets)
        self._addresses = Shares(limits.sockets_per_address)
        self._returns_per_second = limits.returns_per_second
        self.agents = Shares(limits.sockets_per_agent)
        self.visitors = Shares(limits.sockets_per_visitor)
        self.consoles = Turns(limits)
        self.widgets = Turns(limits)

    @property
    def open(self) -> int:
        return self._all.taken

    def take(self, address: str) -> None:
        """A place for a socket; raises `Overloaded` or `TooManySockets`. Of this machine ('') as many as of all."""
        with contextlib.ExitStack() as undo:
            undo.enter_context(self._all)
            if address:
                self._addresses.take(address)
            undo.pop_all()

    def leave(self, address: str) -> None:
        """The socket that had taken this place has ended."""
        self._all.__exit__()
        if address:
            self._addresses.leave(address)

    def return_after(self) -> float:
        """In how many seconds one of the sockets that are open now shall come back, so that they come one by one."""
        return random.uniform(0, self._all.taken / self._returns_per_second)
