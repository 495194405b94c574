"""Looks at the database: whether it is reached, whole, of this version, and written with the key at hand."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

from hub.clock import Clock, to_datetime
from hub.commands.checks import GIGABYTE, Finding, fault, warning, well
from hub.commands.errors import first_line, is_of_database
from hub.config import Settings
from hub.data_folder import DATABASE
from hub.database import Busy, Database, Reading
from hub.keyring import Keyring
from hub.postgres import PostgresDatabase
from hub.repositories import checks as sql
from hub.schema import newest
from hub.services.key_check import key_fits
from hub.sqlite import SqliteDatabase, connect

AHEAD_MS = 60_000
APART_MS = 5_000
LARGE_LOG = GIGABYTE


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database for views alone, beside whatever works with it."""
    db: Database
    if settings.database_url:
        db = PostgresDatabase(settings.database_url, Clock(), pool_size=2)
    else:
        db = SqliteDatabase(settings.data / DATABASE, Clock())
    try:
        yield db
    finally:
        await db.stop()


def check_file(path: Path) -> list[Finding]:
    """Whether SQLite finds its file whole."""
    if not path.exists():
        return [fault("database", "there is no database yet", "Start the hub with `serve`: it makes one.")]
    remedy = "Stop the hub, keep a copy of the data folder, and bring the newest backup back."
    try:
        with contextlib.closing(connect(path, readonly=True)) as db:
            broken = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            orphan = db.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as problem:
        return [fault("database", f"it cannot be read: {problem}", remedy)]
    if broken != "ok" or orphan is not None:
        said = broken if broken != "ok" else f"a row of {orphan[0]} has lost its row of {orphan[2]}"
        return [fault("database", f"it is damaged: {' '.join(said.split())}", remedy)]
    return _ahead(path.with_name(f"{path.name}-wal"))


def _ahead(log: Path) -> list[Finding]:
    """The write-ahead log is emptied all the time, unless somebody has read in the database for very long."""
    size = log.stat().st_size if log.exists() else 0
    if size < LARGE_LOG:
        return []
    said = f"its write-ahead log has grown to {size / GIGABYTE:.1f} GB"
    return [warning("database", said, "End the program that has it open for reading, then start the hub again.")]


def _clocks(apart_ms: int) -> list[Finding]:
    if abs(apart_ms) <= APART_MS:
        return []
    said = f"the database server's clock and this machine's are {abs(apart_ms) / 1000:.0f} seconds apart"
    return [fault("clock", said, "Set both by a time server.")]


async def check_schema(db: Database) -> list[Finding]:
    """Whether the database is reached and of this version."""
    try:
        version = await db.view(lambda reading: reading.value(sql.schema_version))
    except Exception as problem:
        reason = problem.__cause__ if isinstance(problem, Busy) and problem.__cause__ else problem
        if not is_of_database(reason):
            raise
        if sql.SCHEMA not in str(reason):
            return [fault("database", f"not reached: {first_line(reason)}", "Is it running? Is --database-url right?")]
        # It is reached, and has no table that names its schema.
        version = None
    wanted = newest()
    if version == wanted:
        return [well("database", f"reached, whole, schema {version}")]
    if version is None or version < wanted:
        said = f"its schema is {version or 'missing'}, and this version works with {wanted}"
        return [fault("database", said, "Run `migrate`, or start the hub.")]
    return [fault("database", f"it was written by a newer version (schema {version})", "Install that version again.")]


async def check_contents(db: Database, keyring: Keyring | None) -> list[Finding]:
    """Whether what is stored fits the key and the time."""
    return await db.view(_contents, keyring)


def _contents(reading: Reading, keyring: Keyring | None) -> list[Finding]:
    found = []
    if keyring is not None and key_fits(reading, keyring):
        found.append(well("key", "opens what was sealed in this database"))
    elif keyring is not None:
        remedy = "Bring back the key that stood beside this database when it was written."
        found.append(fault("key", "it does not belong to this database", remedy))
    if reading.dialect.name == "postgresql":
        found += _clocks(reading.value(sql.server_time) - reading.now)
    last = reading.value(sql.last_event)
    if last is not None and last > reading.now + AHEAD_MS:
        said = f"the newest event is of {to_datetime(last):%Y-%m-%d %H:%M} UTC, which is still to come"
        found.append(fault("clock", said, "Set this machine's clock by a time server."))
    return found
