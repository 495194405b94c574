"""PostgreSQL for clusters: a unit is one transaction on a pooled connection, a view one read-only snapshot."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TypeVar

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from hub.bounds import Places
from hub.clock import Clock
from hub.database import Busy, Database, P, Reading, T, Transaction, Unit, View
from hub.limits import Limits
from hub.postgres_pool import Execute, Pool

R = TypeVar("R")

logger = logging.getLogger(__name__)

# Serialization failure and deadlock: the unit did nothing and may be run again. So may one that lost a race for
# something unique (it finds then what the winner stored), and one whose statements were prepared for an older schema.
AGAIN = {"40001", "40P01", "23505", "0A000"}
# Classes of what the server cannot do now: lost connections, no room, shutting down, rolled back, timed out.
LOST = ("08", "53", "57", "40", "25P03")
TRIES = 8
WRITE = "BEGIN"
READ = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class PostgresDatabase(Database):
    """PostgreSQL 13 or newer through asyncpg; every statement is prepared once per connection."""

    def __init__(self, url: str, clock: Clock, *, pool_size: int = 10, limits: Limits | None = None) -> None:
        super().__init__(clock)
        limits = limits or Limits()
        self._units = Places(limits.writes_waiting)
        self._views = Places(limits.reads_waiting)
        self.dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
        self._pool = Pool(url, pool_size)

    async def start(self) -> None:
        await self._pool.run(READ, lambda execute: None)

    async def stop(self) -> None:
        await self._pool.close()

    def waiting(self) -> int:
        return self._pool.waiting

    async def unit(self, fn: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def work(execute: Execute) -> tuple[T, bool]:
            tx = Transaction(execute, self.dialect, self.clock.now())
            result = fn(tx, *args, **kwargs)
            self.seal([tx])
            for statement, parameters in tx.postponed:
                execute(statement, parameters)
            return result, bool(tx.announcements)

        with self._units:
            result, told = await self._tried(work)
        if told:
            self.on_commit()
        return result

    async def _tried(self, work: Callable[[Execute], R]) -> R:
        """Run this unit until nothing that passes by itself is in its way."""
        for attempt in range(TRIES):
            began = perf_counter()
            try:
                result = await self._pool.run(WRITE, work)
            except Exception as problem:
                if attempt == TRIES - 1 or _sqlstate(problem) not in AGAIN:
                    self.gauges.groups_lost += 1
                    _raise_lost(problem)
                    raise
                await asyncio.sleep(random.uniform(0.001, 0.01) * 2**attempt)
            else:
                self.gauges.committed(1, perf_counter() - began)
                return result
        raise Busy

    async def units(self, fns: Sequence[Callable[[Transaction], T]]) -> list[T | BaseException]:
        outcomes: list[T | BaseException] = []
        for fn in fns:
            try:
                outcomes.append(await self.unit(fn))
            except Exception as problem:
                outcomes.append(problem)
        return outcomes

    async def view(self, fn: View[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def work(execute: Execute) -> T:
            return fn(Reading(execute, self.dialect, self.clock.now()), *args, **kwargs)

        began = perf_counter()
        try:
            with self._views:
                return await self._pool.run(READ, work)
        except Exception as problem:
            _raise_lost(problem)
            raise
        finally:
            self.gauges.view_s.add(perf_counter() - began)


def _sqlstate(problem: BaseException) -> str:
    return str(getattr(problem, "sqlstate", None) or "")


def _raise_lost(problem: Exception) -> None:
    """To the caller a lost connection, a full disk or no free connection is `Busy`; anything else is itself."""
    if isinstance(problem, OSError) or _sqlstate(problem).startswith(LOST):
        logger.warning("A unit could not be committed: %s", problem, extra={"action": "unit_lost"})
        raise Busy from problem
