"""The embedded database: one thread owns the only writing connection and commits in groups; a few threads read."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from hub.bounds import Overloaded, Places
from hub.clock import Clock
from hub.database import Busy, Database, P, Reading, T, Transaction, Unit, View
from hub.limits import Limits

logger = logging.getLogger(__name__)

# A unit waits at most for one group; larger groups gain nothing more.
GROUP = 256
READERS = 4
# A group's pages stay in memory until it commits: what does not fit is written twice.
WRITER_CACHE_KIB = 64 * 1024
# What another try may not meet: locked by somebody, no room, a disk or a machine that fails.
PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
}

Job = tuple[Callable[[Transaction], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]
Outcome = tuple[Any, BaseException | None]


class GroupLost(Exception):
    """SQLite ended the transaction by itself (disk full, I/O error): nothing of the group is stored."""


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """A connection as the hub wants it; a reader cannot write, whatever it tries."""
    mode = "ro" if readonly else "rwc"
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    db.execute("PRAGMA busy_timeout=5000")
    if readonly:
        db.execute("PRAGMA query_only=ON")
        return db
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA foreign_keys=ON")
    db.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KIB}")
    # What a savepoint would need to roll back is otherwise written to a file, for each unit again.
    db.execute("PRAGMA temp_store=MEMORY")
    # Erased words must not stay readable in freed pages.
    db.execute("PRAGMA secure_delete=ON")
    return db


def _code(problem: BaseException) -> int:
    """SQLite's primary result code of an error, 0 for one of another kind."""
    return int(getattr(problem, "sqlite_errorcode", 0)) & 0xFF


class SqliteDatabase(Database):
    """SQLite in one file. The caller holds the data folder's lock: two writing processes would corrupt it.

    Without `start` it serves views alone, beside whoever holds the lock.
    """

    def __init__(self, path: Path, clock: Clock, limits: Limits | None = None) -> None:
        super().__init__(clock)
        limits = limits or Limits()
        self._most_waiting = limits.writes_waiting
        self._views = Places(limits.reads_waiting)
        self.path = path
        self.dialect = SQLiteDialect_pysqlite(paramstyle="qmark")
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="writer", daemon=True)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._closing = False

    async def start(self) -> None:
        self._db = connect(self.path)
        self._writer.start()

    async def stop(self) -> None:
        self._closing = True
        is_started = self._writer.is_alive()
        if is_started:
            self._jobs.put(None)
            await asyncio.to_thread(self._writer.join)
        self._readers.shutdown()
        for db in self._opened:
            db.close()
        if is_started:
            # Whoever closes last empties the write-ahead log, which readers cannot.
            self._db.close()

    async def unit(self, fn: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        result: T = await self._queued(lambda tx: fn(tx, *args, **kwargs))
        return result

    async def units(self, fns: Sequence[Callable[[Transaction], T]]) -> list[T | BaseException]:
        outcomes: list[T | BaseException] = await asyncio.gather(*map(self._queued, fns), return_exceptions=True)
        return outcomes

    def _queued(self, fn: Callable[[Transaction], Any]) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        if self._closing:
            done.set_exception(Busy())
        elif self._jobs.qsize() >= self._most_waiting:
            done.set_exception(Overloaded())
        else:
            self._jobs.put((fn, loop, done))
        return done

    def waiting(self) -> int:
        return self._jobs.qsize()

    async def view(self, fn: View[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop, began = asyncio.get_running_loop(), perf_counter()
        with self._views:
            try:
                return await loop.run_in_executor(self._readers, lambda: self._read(fn, *args, **kwargs))
            finally:
                self.gauges.view_s.add(perf_counter() - began)

    # --- the reader threads ---

    def _read(self, fn: View[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            db = self._reader()
            db.execute("BEGIN")
            try:
                return fn(Reading(db.execute, self.dialect, self.clock.now()), *args, **kwargs)
            finally:
                db.execute("ROLLBACK")
        except sqlite3.OperationalError as problem:
            if _code(problem) not in PASSING:
                raise
            logger.warning("A view could not read: %s", problem.sqlite_errorname, extra={"action": "view_lost"})
            raise Busy from problem

    def _reader(self) -> sqlite3.Connection:
        """This thread's connection."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = connect(self.path, readonly=True)
            self._opened.append(db)
        return db

    # --- the writer thread ---

    def _write(self) -> None:
        while (job := self._jobs.get()) is not None:
            group = [job]
            while len(group) < GROUP and not self._jobs.empty():
                following = self._jobs.get()
                if following is None:
                    self._jobs.put(None)
                    break
                group.append(following)
            began = perf_counter()
            outcomes = self._commit(group)
            self.gauges.committed(len(group), perf_counter() - began)
            self._answer(group, outcomes)

    def _commit(self, group: list[Job]) -> list[Outcome]:
        """Commit the units together; where the whole group is lost, each by itself."""
        try:
            return self._transaction(group)
        except (GroupLost, sqlite3.Error) as problem:
            self._roll_back()
            self.gauges.groups_lost += 1
            logger.warning("A group of %d units was lost: %s", len(group), problem, extra={"action": "group_lost"})
            if len(group) == 1 or _code(problem.__cause__ or problem) == sqlite3.SQLITE_BUSY:
                # Who waits for a lock that another process holds would wait as long once more, each.
                return [(None, Busy()) for _ in group]
        return [outcome for job in group for outcome in self._commit([job])]

    def _transaction(self, group: list[Job]) -> list[Outcome]:
        self._db.execute("BEGIN IMMEDIATE")
        units = [self._run(fn) for fn, _, _ in group]
        if not self._db.in_transaction:
            raise GroupLost
        done = [tx for tx, (_, problem) in units if problem is None]
        try:
            self.seal(done)
        except Exception as problem:
            if len(group) > 1 or isinstance(problem, sqlite3.OperationalError):
                raise GroupLost(str(problem)) from problem
            self._db.execute("ROLLBACK")
            return [(None, problem)]
        for tx in done:
            for statement, parameters in tx.postponed:
                self._db.execute(statement, parameters)
        self._db.execute("COMMIT")
        return [outcome for _, outcome in units]

    def _run(self, fn: Callable[[Transaction], Any]) -> tuple[Transaction, Outcome]:
        db = self._db
        tx = Transaction(db.execute, self.dialect, self.clock.now())
        db.execute("SAVEPOINT unit")
        try:
            result = fn(tx)
        except Exception as problem:
            # After SQLite has rolled back by itself there is no savepoint, and the units before are gone too.
            if not db.in_transaction or isinstance(problem, sqlite3.OperationalError):
                raise GroupLost(str(problem)) from problem
            db.execute("ROLLBACK TO unit")
            db.execute("RELEASE unit")
            # A future takes no StopIteration.
            return tx, (None, RuntimeError(repr(problem)) if isinstance(problem, StopIteration) else problem)
        db.execute("RELEASE unit")
        return tx, (result, None)

    def _roll_back(self) -> None:
        if not self._db.in_transaction:
            return
        try:
            self._db.execute("ROLLBACK")
        except sqlite3.Error:
            # Closing the connection ends whatever it had begun.
            self._db.close()
            self._db = connect(self.path)

    def _answer(self, group: list[Job], outcomes: list[Outcome]) -> None:
        """Tell every waiting unit what became of it, in one hop per event loop."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Outcome]]] = {}
        for (_, loop, done), outcome in zip(group, outcomes, strict=True):
            by_loop.setdefault(loop, []).append((done, outcome))
        for loop, answers in by_loop.items():
            # Whoever asked may have gone, and their loop with them.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._settle, answers)

    def _settle(self, answers: list[tuple[asyncio.Future[Any], Outcome]]) -> None:
        for done, (result, problem) in answers:
            if done.cancelled():
                continue
            if problem is None:
                done.set_result(result)
            else:
                done.set_exception(problem)
        self.on_commit()
