"""A data set is what a hub would have come to by itself, only sooner."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bench.dataset.cache import Cache, DataSet
from bench.dataset.shop import Shop, Size
from bench.goals.questions import CLASSES, questions
from hub.bootstrap import Hub, build
from hub.config import Settings
from hub.security import Actor
from run import PARTS
from tests.parts.postgres import Postgres

ENTRIES = 400
EVERYBODY = Actor(id=1001, name="Agent 1", role="admin")

T = TypeVar("T")


@pytest.fixture(name="cache", scope="module")
def make_cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("cache"), PARTS, print)


@pytest.fixture(name="data", scope="module")
def copy_data(cache: Cache, tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return cache.copy(ENTRIES, tmp_path_factory.mktemp("copies") / "data")


def asked(data: DataSet, ask: Callable[[Hub], Any]) -> Any:
    """What a hub on this data set answers."""

    async def answer() -> Any:
        hub = await build(Settings(data=data.folder, database_url=data.database_url), PARTS.channels(), PARTS.shops())
        await hub.start()
        try:
            return await ask(hub)
        finally:
            await hub.stop()

    return asyncio.run(answer())


def counted(data: DataSet, statement: str) -> Any:
    with closing(sqlite3.connect(data.folder / "onethread.db")) as db:
        return db.execute(statement).fetchall()


def test_nothing_in_it_points_nowhere(data: DataSet) -> None:
    assert counted(data, "PRAGMA foreign_key_check") == []
    assert counted(data, "SELECT count(*) FROM entries") == [(ENTRIES,)]


def test_entries_are_numbered_densely(data: DataSet) -> None:
    numbered = "SELECT conversation_id, count(*), max(seq) FROM entries GROUP BY conversation_id"

    assert all(count == last for _, count, last in counted(data, numbered))
    assert counted(data, "SELECT last_seq FROM conversations WHERE id = 1") == [(Size(ENTRIES).long,)]


def test_the_counters_count_what_is_there(data: DataSet) -> None:
    kept = dict(counted(data, "SELECT name, n FROM inbox_counts"))

    (there,) = counted(data, "SELECT sum(box = 'open'), sum(box = 'snoozed') FROM requests")
    assert (kept["open"], kept.get("snoozed", 0)) == there


def hits(data: DataSet) -> Callable[[Hub], Any]:
    async def find(hub: Hub) -> dict[str, int]:
        found = dict.fromkeys(CLASSES, 0)
        for name, typed in questions(data.shop).items():
            for q in typed:
                groups = (await hub.search.find(EVERYBODY, q)).groups
                found[name] += len(groups.messages) + len(groups.orders) + len(groups.customers)
        return found

    return find


def test_questions_find_what_they_ask_for(data: DataSet) -> None:
    found = asked(data, hits(data))

    # Rare words are rare: in so few messages most are never said.
    assert all(found[name] for name in ("common", "prefix", "phone", "order number"))


def test_on_a_server_the_same_is_found_and_a_copy_goes_again(
    data: DataSet, postgres_server: Postgres, tmp_path: Path
) -> None:
    cache = Cache(tmp_path / "cache", PARTS, print, postgres_server.url)
    there = cache.copy(ENTRIES, tmp_path / "data")

    assert asked(there, hits(there)) == asked(data, hits(data))
    cache.drop(there)
    assert postgres_server.run("SELECT count(*) FROM pg_database WHERE datname LIKE 'onethread_bench_copy%'") == "0"


def test_its_token_opens_the_api(data: DataSet) -> None:
    async def sign_in(hub: Hub) -> Actor:
        return await hub.tokens.actor_of_token(data.about.token)

    assert asked(data, sign_in).name == "bench"


def test_a_second_copy_is_not_built_again(cache: Cache, data: DataSet, tmp_path: Path) -> None:
    again = cache.copy(ENTRIES, tmp_path / "again")

    assert again.about == data.about


def test_the_same_size_tells_the_same_story() -> None:
    assert list(Shop(Size(60)).texts()) == list(Shop(Size(60)).texts())
