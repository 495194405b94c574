"""Brings a database to the newest schema. One that has it already is only looked at, so that the hub starts at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import migrations

MIGRATIONS = Path(migrations.__file__).parent
VERSION = "SELECT version_num FROM alembic_version"


def newest() -> str:
    """The schema that this version of the hub works with."""
    return max(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def migrate_sqlite(path: Path) -> None:
    """Migrate the file at `path`, making it when it is not there."""
    if _version_of(path) != newest():
        from hub.upgrade import upgrade_sqlite

        upgrade_sqlite(path)


async def migrate_postgres(url: str) -> None:
    """Migrate the database at `url`; nodes that start at once wait for each other."""
    from hub.upgrade import upgrade_postgres

    await upgrade_postgres(url)


def _version_of(path: Path) -> str:
    if not path.exists():
        return ""
    with closing(sqlite3.connect(path)) as db:
        try:
            row = db.execute(VERSION).fetchone()
        except sqlite3.OperationalError:
            # Not migrated yet, or not to be opened: who migrates finds out which.
            return ""
    return str(row[0]) if row else ""
