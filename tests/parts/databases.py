"""Both databases with the newest schema, migrated once: each test finds one that is as good as new."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.clock import Clock
from hub.database import Database
from hub.postgres import PostgresDatabase
from hub.schema import migrate_postgres, migrate_sqlite
from hub.sqlite import SqliteDatabase
from tests.parts.postgres import Postgres

TEMPLATE = "migrated"


def make_sqlite_template(folder: Path) -> Path:
    path = folder / "template.db"
    migrate_sqlite(path)
    return path


@asynccontextmanager
async def sqlite_database(template: Path, folder: Path, clock: Clock) -> AsyncIterator[Database]:
    """A started database on a copy of the template."""
    path = folder / "onethread.db"
    shutil.copyfile(template, path)
    async with started(SqliteDatabase(path, clock)) as database:
        yield database


def make_postgres_template(server: Postgres) -> None:
    server.build_template(TEMPLATE, lambda url: asyncio.run(migrate_postgres(url)))


@asynccontextmanager
async def postgres_database(server: Postgres, clock: Clock) -> AsyncIterator[Database]:
    """A started database that is what the template is."""
    with server.emptied(TEMPLATE) as url:
        async with started(PostgresDatabase(url, clock)) as database:
            yield database


@asynccontextmanager
async def started(database: Database) -> AsyncIterator[Database]:
    await database.start()
    try:
        yield database
    finally:
        await database.stop()
