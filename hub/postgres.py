"""PostgreSQL for clusters: a unit is one transaction on a pooled connection, a view one read-only snapshot."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hub.clock import Clock
from hub.database import Busy, Database, P, Reading, T, Transaction, Unit, View

logger = logging.getLogger(__name__)

# Serialization failure and deadlock: the unit did nothing and may be run again.
AGAIN = {"40001", "40P01"}
TRIES = 8


class PostgresDatabase(Database):
    """PostgreSQL 13 or newer through asyncpg."""

    def __init__(self, url: str, clock: Clock, *, pool_size: int = 10) -> None:
        super().__init__(clock)
        self._engine: AsyncEngine = create_async_engine(
            url, pool_size=pool_size, max_overflow=0, pool_pre_ping=False, query_cache_size=0
        )
        self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self.dialect = self._engine.dialect

    async def start(self) -> None:
        async with self._engine.connect():
            pass

    async def stop(self) -> None:
        await self._engine.dispose()

    async def unit(self, fn: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def work(connection: Connection) -> tuple[T, bool]:
            tx = Transaction(self._cursor(connection), self.dialect, self.clock.now())
            result = fn(tx, *args, **kwargs)
            self.seal(tx)
            return result, bool(tx.announcements)

        for attempt in range(TRIES):
            try:
                async with self._engine.connect() as connection, connection.begin():
                    result, told = await connection.run_sync(work)
            except Exception as problem:
                if attempt == TRIES - 1 or not _may_run_again(problem):
                    raise _refusal(problem) from problem
                await asyncio.sleep(random.uniform(0.001, 0.01) * 2**attempt)
            else:
                if told:
                    self.on_commit()
                return result
        raise Busy

    async def view(self, fn: View[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def work(connection: Connection) -> T:
            return fn(Reading(self._cursor(connection), self.dialect, self.clock.now()), *args, **kwargs)

        async with self._reading.connect() as connection, connection.begin():
            return await connection.run_sync(work)

    def _cursor(self, connection: Connection) -> Callable[[str, tuple[Any, ...]], Any]:
        raw: Any = connection.connection.dbapi_connection

        def execute(sql: str, parameters: tuple[Any, ...]) -> Any:
            cursor = raw.cursor()
            cursor.execute(sql, parameters)
            return cursor

        return execute


def _sqlstate(problem: BaseException) -> str:
    for link in (problem, getattr(problem, "orig", None), problem.__cause__):
        state = getattr(link, "sqlstate", None) or getattr(link, "pgcode", None)
        if state:
            return str(state)
    return ""


def _may_run_again(problem: BaseException) -> bool:
    return _sqlstate(problem) in AGAIN


def _refusal(problem: Exception) -> Exception:
    """What a unit's failure means to the caller: a lost connection or a full disk is `Busy`, the rest is itself."""
    lost = isinstance(problem, (OperationalError, InterfaceError, ConnectionError, DBAPIError, OSError))
    if lost or _sqlstate(problem)[:2] in {"08", "53", "57", "40"}:
        logger.warning("A unit could not be committed: %s", type(problem).__name__, extra={"action": "unit_lost"})
        return Busy()
    return problem
