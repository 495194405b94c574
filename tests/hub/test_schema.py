"""What the migrations build is what the statements expect, on both databases."""

import asyncio
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from hub import repositories
from hub.database import Database, Statement
from hub.models import metadata
from hub.schema import MIGRATIONS, migrate_postgres, migrate_sqlite, newest
from hub.sqlite import SqliteDatabase
from tests.hub.world import World

# What only one of the two databases has: full-text search, and the transaction of an event.
BESIDE = {"alembic_version", "search_messages", "search_things"}

pytestmark = pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")


def read(connection: Connection) -> dict[str, dict[str, Any]]:
    """Per table: columns, unique and other indexes, references."""
    inspector = sqlalchemy.inspect(connection)
    names = [name for name in inspector.get_table_names() if name.partition("_")[0] != "search"]
    return {name: _table(inspector, name) for name in names if name not in BESIDE}


def _table(inspector: Any, name: str) -> dict[str, Any]:
    unique = {tuple(sorted(one["column_names"])) for one in inspector.get_unique_constraints(name)}
    indexes = {one["name"]: (tuple(one["column_names"]), bool(one["unique"])) for one in inspector.get_indexes(name)}
    return {
        "columns": {
            column["name"]: column["nullable"] for column in inspector.get_columns(name) if column["name"] != "xid"
        },
        "key": tuple(inspector.get_pk_constraint(name)["constrained_columns"]),
        "unique": unique | {tuple(sorted(columns)) for columns, only in indexes.values() if only},
        "indexes": {columns for key, (columns, _) in indexes.items() if key != "uq_events_position"},
        "references": {
            (tuple(one["constrained_columns"]), one["referred_table"]) for one in inspector.get_foreign_keys(name)
        },
    }


@pytest.fixture(name="expected", scope="module")
def build_from_models() -> dict[str, dict[str, Any]]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        built = read(connection)
    engine.dispose()
    return built


async def migrated(world: World) -> dict[str, dict[str, Any]]:
    if isinstance(world.db, SqliteDatabase):
        engine = create_engine(f"sqlite:///{world.db.path}")
        with engine.connect() as connection:
            built = read(connection)
        engine.dispose()
        return built
    raw: Any = world.db
    return await read_postgres(raw._pool._url)


async def read_postgres(url: str) -> dict[str, dict[str, Any]]:
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:", 1))
    async with engine.connect() as connection:
        found = await connection.run_sync(read)
    await engine.dispose()
    return found


async def test_a_migrated_database_is_what_the_models_say(world: World, expected: dict[str, dict[str, Any]]) -> None:
    built = await migrated(world)

    assert built.keys() == expected.keys()
    for name, table in expected.items():
        assert built[name]["columns"] == table["columns"], name
        assert built[name]["key"] == table["key"], name
        assert built[name]["references"] == table["references"], name
        assert table["unique"] <= built[name]["unique"], name
        wanted = {columns for columns in table["indexes"] if tuple(sorted(columns)) not in table["unique"]}
        assert wanted <= built[name]["indexes"], name


def test_the_newest_schema_is_the_end_of_the_migrations() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == newest()


def test_a_second_migration_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "onethread.db"
    migrate_sqlite(path)
    before = path.read_bytes()

    migrate_sqlite(path)

    assert path.read_bytes() == before


async def test_nodes_that_start_at_once_migrate_once(postgres_url: str) -> None:
    await asyncio.gather(*(migrate_postgres(postgres_url) for _ in range(3)))

    assert "customers" in await read_postgres(postgres_url)


# Few rows, however large the company: all of them are read at once.
SMALL = {
    "accounts",
    "agents",
    "alembic_version",
    "canned",
    "inbox_counts",
    "invitations",
    "leases",
    "sign_in_attempts",
    "sessions",
    "teams",
    "tokens",
}
# Read from one end of the table, and only as far as their limit; or all of it, once, for who runs the hub.
AS_MEANT = {
    "audit.newest",
    "checks.failed_deliveries",
    "checks.failed_intake",
    "checks.newest_files",
    "events.first_of_log",
    "figures.database_bytes",
    "search.is_waiting",
}


async def test_no_statement_of_every_day_reads_a_whole_table(sqlite: Database) -> None:
    scans = []
    for module_info in pkgutil.iter_modules(repositories.__path__):
        module = importlib.import_module(f"hub.repositories.{module_info.name}")
        for name, statement in vars(module).items():
            if isinstance(statement, Statement):
                full = f"{module_info.name}.{name}"
                scans += [f"{full}: {step}" for step in await plan(sqlite, statement) if full not in AS_MEANT]
    assert scans == []


async def plan(db: Database, statement: Statement) -> list[str]:
    compiled = statement.compiled(db.dialect)
    if any(word in compiled.sql for word in ("xid", "clock_timestamp")):
        # PostgreSQL's own.
        return []
    values = [None] * compiled.sql.count("?")

    def explain(rd: Any) -> list[str]:
        steps = rd._cursor(f"EXPLAIN QUERY PLAN {compiled.sql}", tuple(values)).fetchall()
        return [step[3] for step in steps if step[3].startswith("SCAN") and "INDEX" not in step[3]]

    # A subquery is read as far as its own limit.
    return [step for step in await db.view(explain) if step.split()[1] not in SMALL | {"anon_1", "json_each"}]
