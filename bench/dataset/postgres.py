"""Data sets on a PostgreSQL server: each is a database there, and every copy is made from it by the server."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

import asyncpg

from bench.dataset.sinks import Sink

_PREFIX = "onethread_bench"
# PostgreSQL keeps no more places of one word.
_PLACES_OF_WORD = 255
_REFERENCES = (
    "SELECT conname AS name, conrelid::regclass::text AS place, pg_get_constraintdef(oid) AS words FROM pg_constraint"
    " WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
)
_WORD_INDEXES = (
    "SELECT indexname AS name, indexdef AS words FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%gin%'"
)
_COUNTED = (
    "SELECT table_name AS place, pg_get_serial_sequence(quote_ident(table_name), 'id') AS counter"
    " FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id'"
)


class Server:
    """The databases of the bench on one server, which the address names together with any database of it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def url_of(self, name: str) -> str:
        return re.sub(r"(//[^/]*/)[^?]*", rf"\1{name}", self._url, count=1)

    def has(self, name: str) -> bool:
        return bool(_asked(self._url, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))

    def make(self, name: str, template: str = "template1") -> None:
        _asked(self._url, f"CREATE DATABASE {name} TEMPLATE {template}")

    def copy(self, template: str) -> str:
        """A fresh copy of a database; its name."""
        name = f"{_PREFIX}_copy_{secrets.token_hex(4)}"
        self.make(name, template)
        return name

    def drop(self, name: str) -> None:
        _asked(self._url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, name: str, statement: str, *values: Any) -> None:
        _asked(self.url_of(name), statement, *values)


def database_of(entries: int, edition: str) -> str:
    return f"{_PREFIX}_{entries}_{edition}"


def _plain(url: str) -> str:
    return url.replace("postgresql+asyncpg:", "postgresql:", 1)


def _asked(url: str, statement: str, *values: Any) -> list[Any]:
    async def ask() -> list[Any]:
        connection = await asyncpg.connect(_plain(url))
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    return asyncio.run(ask())


class PostgresSink(Sink):
    """Copies rows in; what ties and indexes them is made again when all are there."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.Runner()
        self._db: Any = self._run(asyncpg.connect(_plain(url)))
        self._references = self._fetch(_REFERENCES)
        self._indexes = self._fetch(_WORD_INDEXES)
        for one in self._references:
            self._execute(f"ALTER TABLE {one['place']} DROP CONSTRAINT {one['name']}")
        for one in self._indexes:
            self._execute(f"DROP INDEX {one['name']}")

    def rows(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        self._run(self._db.copy_records_to_table(table, records=list(map(tuple, rows)), columns=columns.split()))

    def words(self, index: str, rows: Iterable[tuple[int, list[str]]]) -> None:
        insert = f"INSERT INTO {index} (rowid, found) VALUES ($1, $2::text::tsvector)"
        self._run(self._db.executemany(insert, [(number, _places(words)) for number, words in rows]))

    def close(self) -> None:
        for one in self._references:
            self._execute(f"ALTER TABLE {one['place']} ADD CONSTRAINT {one['name']} {one['words']}")
        for one in self._indexes:
            self._execute(one["words"])
        for one in self._fetch(_COUNTED):
            if one["counter"]:
                self._execute(
                    f"SELECT setval('{one['counter']}', (SELECT coalesce(max(id), 0) + 1 FROM {one['place']}))"
                )
        self._execute("VACUUM ANALYZE")
        self._run(self._db.close())
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run(work)

    def _fetch(self, statement: str) -> list[Any]:
        return list(self._run(self._db.fetch(statement)))

    def _execute(self, statement: str) -> None:
        self._run(self._db.execute(statement, timeout=None))


def _places(words: Sequence[str]) -> str:
    """Words with their places, as PostgreSQL reads a tsvector."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, word in enumerate(words, 1):
        if len(places[word]) < _PLACES_OF_WORD:
            places[word].append(str(place))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())
