"""Which node works at what only one may: a lease, with a number of each holder that is checked in the commit.

A node alone on SQLite holds everything: the data folder's lock lets no second one in.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection

from hub.database import Database, Transaction
from hub.errors import Conflict, HubError
from hub.repositories import leases as sql

logger = logging.getLogger(__name__)

# A node that dies is replaced after LEASE_S + EVERY_S at the latest.
LEASE_S = 9.0
EVERY_S = 2.5
# How long nodes that are gone are remembered.
FORGOTTEN_MS = 86_400_000
NODE = "node:"
_MS = int(LEASE_S * 1000)

Guard = Callable[[Transaction], None]


class LeaseLost(Conflict):
    """Another node has taken this over."""

    code = "lease_lost"


# --- rules ---


def keep(tx: Transaction, node: str, wanted: Collection[str], leaving: Collection[str]) -> tuple[dict[str, int], int]:
    """Renew what this node holds and take what nobody does, as far as its share goes; its leases, and its share."""
    if leaving:
        tx.run(sql.let_go, by=node, names=list(leaving))
    held = {row.name: row.fence for row in tx.all(sql.renew, by=node, for_ms=_MS)}
    if held.pop(NODE + node, None) is None:
        tx.run(sql.forget_nodes, older_ms=FORGOTTEN_MS)
        tx.run(sql.take, name=NODE + node, holder=node, for_ms=_MS)
    taken = {row.name for row in tx.all(sql.taken)}
    share = -(-len(wanted) // sum(name.startswith(NODE) for name in taken))
    # In one order, so that two nodes never wait for each other in a ring.
    for name in sorted(set(wanted) - taken)[: max(0, share - len(held))]:
        fence = tx.value(sql.take, name=name, holder=node, for_ms=_MS)
        if fence is not None:
            held[name] = fence
    return held, share


def let_go(tx: Transaction, node: str, names: Collection[str]) -> None:
    """Give back what is no longer worked at, so that nobody has to wait until it runs out."""
    tx.run(sql.let_go, by=node, names=[*names, NODE + node])


def check(tx: Transaction, name: str, fence: int) -> None:
    """Refuse what a holder of before would still write: raises `LeaseLost`."""
    if tx.first(sql.still_held, name=name, fence=fence) is None:
        raise LeaseLost


def unguarded(tx: Transaction) -> None:
    """There is no other node."""


# --- the work ---


class Leases:
    """What this node holds of what it and the others want to work at."""

    def __init__(self, db: Database, node: str) -> None:
        self._db = db
        self._node = node
        self._is_alone = db.dialect.name == "sqlite"
        self._wanted: dict[str, frozenset[str]] = {}
        self._held: dict[str, int] = {}
        # No longer worked at here, and given back at the next turn.
        self._leaving: set[str] = set()
        # By this process's own clock, from before the database was asked.
        self._until = 0.0
        self._more = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Call this when something was taken, lost or given up."""
        self._listeners.append(listener)

    def want(self, group: str, names: Collection[str]) -> None:
        """These of a group are to be worked at by some node; those it wanted before and not now, by none."""
        if self._wanted.get(group) != frozenset(names):
            self._wanted[group] = frozenset(names)
            self._more.set()

    def fence(self, name: str) -> int | None:
        """The number under which this node holds it now; None when it does not."""
        if self._is_alone:
            return 0
        return self._held.get(name) if time.monotonic() < self._until else None

    def holds(self, name: str) -> bool:
        return self.fence(name) is not None

    def names(self, prefix: str) -> list[str] | None:
        """What comes after `prefix` in the names of all that this node holds; None: whatever there is."""
        if self._is_alone:
            return None
        held = self._held if time.monotonic() < self._until else {}
        return [name.removeprefix(prefix) for name in held if name.startswith(prefix)]

    def guard(self, name: str, fence: int) -> Guard:
        """What units run that only this holder's may commit, until it is taken over."""
        return unguarded if self._is_alone else lambda tx: check(tx, name, fence)

    async def run(self) -> None:
        """Work for ever."""
        if self._is_alone:
            await asyncio.get_running_loop().create_future()
        while True:
            self._more.clear()
            try:
                await self.keep()
            except HubError:
                logger.warning("Leases could not be renewed", extra={"action": "leases_failed"})
                self._drop_outlived()
            except Exception:
                logger.exception("Leases could not be renewed", extra={"action": "leases_failed"})
                self._drop_outlived()
            try:
                # Not `wait_for`: before Python 3.12 it may lose a cancellation that comes as it ends.
                async with asyncio.timeout(EVERY_S):
                    await self._more.wait()
            except TimeoutError:
                continue

    async def keep(self) -> None:
        """Renew and take; give up what is more than this node's share."""
        wanted = frozenset[str]().union(*self._wanted.values())
        leaving, asked_at = set(self._leaving), time.monotonic()
        held, share = await self._db.unit(keep, self._node, wanted, leaving)
        self._until = asked_at + LEASE_S
        self._leaving = {name for name in held if name not in wanted} | set(sorted(held.keys() & wanted)[share:])
        self._now_held({name: fence for name, fence in held.items() if name not in self._leaving})

    async def stop(self) -> None:
        """Give everything back: what it is for has stopped."""
        if self._is_alone or not self._until:
            return
        names = [*self._held, *self._leaving]
        self._now_held({})
        try:
            await self._db.unit(let_go, self._node, names)
        except HubError:
            logger.warning("Leases run out by themselves", extra={"action": "leases_failed"})

    def _drop_outlived(self) -> None:
        if time.monotonic() >= self._until:
            self._now_held({})

    def _now_held(self, held: dict[str, int]) -> None:
        if held != self._held:
            self._held = held
            for listener in self._listeners:
                listener()
