"""Connections to PostgreSQL: a bounded number, each with the statements that were prepared on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.util import await_only, greenlet_spawn

T = TypeVar("T")

CONNECT_S = 10.0
# No statement of ours takes as long, unless its server has fallen silent.
ANSWER_S = 30.0
# How long a unit waits for a free connection.
PATIENCE_S = 30.0
STATEMENTS = 1000
SERVER_SETTINGS = {
    "application_name": "onethread",
    # Our statements are short: compiling one costs more than it saves.
    "jit": "off",
    # The machine of a node that dies says nothing more: what it held is free again soon.
    "idle_in_transaction_session_timeout": "15000",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "2",
}

Execute = Callable[[str, tuple[Any, ...]], "Rows"]


class ConnectionLost(OSError):
    """The server has gone, or has cut this connection."""


class Rows:
    """What a statement answered, as units read it from a cursor."""

    __slots__ = ("_rows", "_status")

    def __init__(self, rows: list[Any], status: str) -> None:
        self._rows = rows
        self._status = status

    def fetchone(self) -> Any | None:
        return self._rows[0] if self._rows else None

    def fetchall(self) -> list[Any]:
        return self._rows

    @property
    def rowcount(self) -> int:
        """As PostgreSQL says it: "UPDATE 3", "INSERT 0 1"."""
        return int(self._status.rpartition(" ")[2])


class Line:
    """One connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._prepared: dict[str, Any] = {}

    @property
    def is_lost(self) -> bool:
        return bool(self._connection.is_closed())

    async def transaction(self, begin: str, work: Callable[[Execute], T]) -> T:
        """Run `work` between `begin` and COMMIT. It is plain code: each of its statements waits for its answer."""
        await self._connection.execute(begin)
        result: T = await greenlet_spawn(work, self._execute)
        await self._connection.execute("COMMIT")
        return result

    async def roll_back(self) -> None:
        await self._connection.execute("ROLLBACK")

    def cut(self) -> None:
        self._connection.terminate()

    async def close(self) -> None:
        await self._connection.close()

    def _execute(self, sql: str, parameters: tuple[Any, ...]) -> Rows:
        rows: Rows = await_only(self._answer(sql, parameters))
        return rows

    async def _answer(self, sql: str, parameters: tuple[Any, ...]) -> Rows:
        statement = self._prepared.get(sql)
        if statement is None:
            if len(self._prepared) >= STATEMENTS:
                self._prepared.clear()
            statement = self._prepared[sql] = await self._connection.prepare(sql)
        rows = await statement.fetch(*parameters)
        return Rows(rows, statement.get_statusmsg())


class Pool:
    """So many connections at most, made when they are needed; the one used last is used next."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._room = asyncio.Semaphore(size)
        self._free: list[Line] = []
        # How many wait for a connection.
        self.waiting = 0

    async def run(self, begin: str, work: Callable[[Execute], T]) -> T:
        """Run one transaction. Raises what `work` or the server raises, and `OSError` where that cannot be reached."""
        self.waiting += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._room.acquire()
        finally:
            self.waiting -= 1
        try:
            line = self._lent() or await self._connected()
            try:
                result = await line.transaction(begin, work)
            except Exception as problem:
                await self._take_back(line, problem)
                raise
            except BaseException:
                # Given up midway: nobody knows what the server has begun.
                line.cut()
                raise
            self._free.append(line)
            return result
        finally:
            self._room.release()

    async def close(self) -> None:
        while self._free:
            await self._free.pop().close()

    def _lent(self) -> Line | None:
        """A free connection that is not known to be lost."""
        while self._free:
            line = self._free.pop()
            if not line.is_lost:
                return line
        return None

    async def _connected(self) -> Line:
        connection = await asyncpg.connect(
            self._url,
            timeout=CONNECT_S,
            command_timeout=ANSWER_S,
            # Each line keeps its own.
            statement_cache_size=0,
            server_settings=SERVER_SETTINGS,
        )
        return Line(connection)

    async def _take_back(self, line: Line, problem: Exception) -> None:
        """Undo what a transaction did; a connection that is no longer fit for another is cut."""
        if line.is_lost and isinstance(problem, (asyncpg.PostgresError, asyncpg.InterfaceError)):
            raise ConnectionLost(str(problem)) from problem
        # Another node has migrated: what was prepared for the old schema is of no use.
        if isinstance(problem, (OSError, asyncpg.InvalidCachedStatementError)):
            line.cut()
            return
        try:
            await line.roll_back()
        except BaseException:
            line.cut()
            raise
        self._free.append(line)
