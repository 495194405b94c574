"""The bare limit of storing: one insert per commit, `synchronous=FULL`, and nothing else."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from bench.figures import percentile
from bench.words import Speaker

_SCHEMA = (
    "CREATE TABLE rows (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, external_id TEXT NOT NULL,"
    " conversation_id INTEGER NOT NULL, body TEXT NOT NULL)",
    "CREATE UNIQUE INDEX uq_rows ON rows (channel, external_id)",
    "CREATE INDEX ix_rows ON rows (conversation_id, id)",
)
_INSERT = "INSERT INTO rows (channel, external_id, conversation_id, body) VALUES (?, ?, ?, ?)"
_BODY_BYTES = 330


class Commits(msgspec.Struct, frozen=True, kw_only=True):
    """For so many seconds, in a file beside the hub's own."""

    folder: str
    seconds: float = 1.0

    def run(self) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            db = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
            for setting in ("journal_mode=WAL", "synchronous=FULL"):
                db.execute(f"PRAGMA {setting}")
            for statement in _SCHEMA:
                db.execute(statement)
            took = self._insert(db)
            db.close()
        return {"rate": len(took) / sum(took), "commit_ms": [percentile(took, p) * 1000 for p in (50, 95)]}

    def _insert(self, db: sqlite3.Connection) -> list[float]:
        body = Speaker(1).sentence(200, 200)[:_BODY_BYTES]
        took: list[float] = []
        began = now = time.perf_counter()
        while now - began < self.seconds:
            number = len(took)
            db.execute("BEGIN IMMEDIATE")
            db.execute(_INSERT, ("email", f"message-{number}", number * 7919 % 1000, body))
            db.execute("COMMIT")
            after = time.perf_counter()
            took.append(after - now)
            now = after
        return took
