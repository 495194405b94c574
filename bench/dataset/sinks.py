"""Where rows go in bulk: past the hub's services, which would take hours for a million."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hub.models import metadata

# Words that FTS5 keeps in memory before it writes a part of its index.
_WORDS_IN_MEMORY = 128 << 20
_WORDS_USUALLY = 1 << 20


class Sink(ABC):
    """Takes rows of the hub's tables."""

    @abstractmethod
    def rows(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows of these columns, named in one string; the others take what the table says."""

    @abstractmethod
    def words(self, index: str, rows: Iterable[tuple[int, list[str]]]) -> None:
        """Write rows of a search index."""

    @abstractmethod
    def close(self) -> None:
        """All is written: make it a hub's database as it would be."""


class SqliteSink(Sink):
    """Writes without looking back: a data set that was cut short is made anew."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-262144", "foreign_keys=OFF"):
            self._db.execute(f"PRAGMA {setting}")
        self._db.execute("BEGIN")
        self._keep_in_memory(_WORDS_IN_MEMORY)

    def rows(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        assert set(columns.split()) <= set(metadata.tables[table].columns.keys())
        self._db.executemany(_insert(table, columns), rows)

    def words(self, index: str, rows: Iterable[tuple[int, list[str]]]) -> None:
        insert = _insert(index, "rowid words")
        self._db.executemany(insert, ((number, " ".join(words)) for number, words in rows))

    def close(self) -> None:
        self._keep_in_memory(_WORDS_USUALLY)
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.close()

    def _keep_in_memory(self, words: int) -> None:
        for index in ("search_messages", "search_things"):
            self._db.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('hashsize', ?)", (words,))


def _insert(table: str, columns: str) -> str:
    names = columns.split()
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
