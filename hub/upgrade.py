"""Runs the migrations. The only place that writes outside the one writer; nothing else runs then."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

from hub.schema import MIGRATIONS


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(_alembic(connection), "head")


def _sqlite_engine(path: Path) -> Engine:
    engine = sqlalchemy.create_engine(
        f"sqlite:///{path}", poolclass=StaticPool, connect_args={"isolation_level": None, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _prepare(db: sqlite3.Connection, _: object) -> None:
        db.execute("PRAGMA journal_mode=WAL")
        # With foreign keys on, rebuilding a table empties the tables that point to it.
        db.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def upgrade_sqlite(path: Path) -> None:
    """Migrate the file at `path`, making it when it is not there."""
    engine = _sqlite_engine(path)
    try:
        with engine.begin() as connection:
            _upgrade(connection)
            broken = connection.execute(text("PRAGMA foreign_key_check")).first()
            if broken is not None:
                raise RuntimeError(f"a migration left a row without its parent: {tuple(broken)}")
    finally:
        engine.dispose()


async def upgrade_postgres(url: str) -> None:
    """Migrate the database at `url`; nodes that start at once wait for each other."""
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:", 1))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(6077001)"))
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()
