"""PostgreSQL for clusters: a unit is one transaction on a pooled connection, a view one read-only snapshot."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hub.clock import Clock
from hub.database import Busy, Database, P, Reading, T, Transaction, Unit, View

logger = logging.getLogger(__name__)

# Serialization failure and deadlock: the unit did nothing and may be run again. So may one that lost a race for
# something unique: it finds then what the winner stored.
AGAIN = {"40001", "40P01", "23505"}
TRIES = 8
STATEMENTS = 1000


class PostgresDatabase(Database):
    """PostgreSQL 13 or newer through asyncpg."""

    def __init__(self, url: str, clock: Clock, *, pool_size: int = 10) -> None:
        super().__init__(clock)
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            query_cache_size=0,
            # Each statement is prepared once per connection and stays so.
            connect_args={"prepared_statement_cache_size": STATEMENTS},
        )
        event.listen(self._engine.sync_engine, "checkout", _check_alive)
        self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self.dialect = self._engine.dialect

    async def start(self) -> None:
        async with self._engine.connect():
            pass

    async def stop(self) -> None:
        await self._engine.dispose()

    async def unit(self, fn: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def work(connection: Connection) -> tuple[T, bool]:
            cursor = self._cursor(connection)
            tx = Transaction(cursor, self.dialect, self.clock.now())
            result = fn(tx, *args, **kwargs)
            self.seal(tx)
            for statement, parameters in tx.postponed:
                cursor(statement, parameters)
            return result, bool(tx.announcements)

        for attempt in range(TRIES):
            try:
                async with _transaction(self._engine) as connection:
                    result, told = await connection.run_sync(work)
            except Exception as problem:
                if attempt == TRIES - 1 or _sqlstate(problem) not in AGAIN:
                    _raise_lost(problem)
                    raise
                await asyncio.sleep(random.uniform(0.001, 0.01) * 2**attempt)
            else:
                if told:
                    self.on_commit()
                return result
        raise Busy

    async def view(self, fn: View[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def work(connection: Connection) -> T:
            return fn(Reading(self._cursor(connection), self.dialect, self.clock.now()), *args, **kwargs)

        try:
            async with _transaction(self._reading) as connection:
                return await connection.run_sync(work)
        except Exception as problem:
            _raise_lost(problem)
            raise

    def _cursor(self, connection: Connection) -> Callable[[str, tuple[Any, ...]], Any]:
        raw: Any = connection.connection.dbapi_connection

        def execute(sql: str, parameters: tuple[Any, ...]) -> Any:
            cursor = raw.cursor()
            cursor.execute(sql, parameters)
            return cursor

        return execute


@contextlib.asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        try:
            async with connection.begin():
                yield connection
        except asyncio.CancelledError:
            # The driver does not know whether the server has begun: nobody else may get this connection.
            await connection.invalidate()
            raise


def _check_alive(connection: Any, _record: Any, _proxy: Any) -> None:
    """A connection that the server has closed is replaced before it is used."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _sqlstate(problem: BaseException) -> str:
    for link in (problem, getattr(problem, "orig", None), problem.__cause__):
        state = getattr(link, "sqlstate", None) or getattr(link, "pgcode", None)
        if state:
            return str(state)
    return ""


def _raise_lost(problem: Exception) -> None:
    """To the caller a lost connection, a full disk or no free connection is `Busy`; anything else is itself."""
    lost = isinstance(problem, (DBAPIError, PoolTimeout, OSError))
    if lost or _sqlstate(problem)[:2] in {"08", "53", "57", "40"}:
        logger.warning("A unit could not be committed: %s", type(problem).__name__, extra={"action": "unit_lost"})
        raise Busy from problem
