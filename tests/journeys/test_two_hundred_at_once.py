"""200 first messages of one new customer at once, on every way in: one customer, one conversation, seq 1 to 200."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.clock import Clock
from hub.database import Database
from tests.hub.fake_channel import FakeProvider
from tests.hub.world import World, a_hub
from tests.journeys.senders import send
from tests.parts.databases import postgres_database
from tests.parts.postgres import Postgres

ALL = 200
ROOT = Path(__file__).parents[2]


async def opened(db: Database, data: Path) -> World:
    provider = FakeProvider()
    world = World(a_hub(db, data, provider), provider)
    await world.open()
    await world.colleague("Mara")
    return world


@pytest.fixture(name="here")
async def open_sqlite_world(sqlite: Database, tmp_path: Path) -> World:
    return await opened(sqlite, tmp_path)


@pytest.fixture(name="cluster")
async def open_postgres_world(postgres_template: Postgres, clock: Clock, tmp_path: Path) -> AsyncIterator[World]:
    async with postgres_database(postgres_template, clock) as db:
        yield await opened(db, tmp_path)


async def assert_one_of_each(world: World) -> None:
    [customer] = await world.table("customers")
    [conversation] = await world.table("conversations")
    entries = await world.table("entries")
    assert customer.id == conversation.customer_id
    assert sorted(entry.seq for entry in entries) == list(range(1, ALL + 1))
    assert {entry.conversation_id for entry in entries} == {conversation.id}
    assert conversation.last_seq == ALL
    assert len({entry.text for entry in entries}) == ALL
    assert {entry.channel for entry in entries} == {"fake", "webchat", "generic", "phone"}
    assert {row.state for row in await world.table("intake")} == {"entry"}


async def test_in_one_process_on_sqlite(here: World) -> None:
    await send(here, range(ALL))

    await assert_one_of_each(here)


async def test_through_two_hub_processes_on_postgresql(cluster: World, postgres_server: Postgres) -> None:
    [[name]] = await cluster.sql("SELECT current_database()")
    url = postgres_server._url_of(name)
    shares = [(0, ALL // 2), (ALL // 2, ALL)]
    processes = [await _start(url, first, last) for first, last in shares]
    try:
        for process in processes:
            assert await _line(process) == "ready"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(b"go\n")
        for process in processes:
            assert await _line(process) == "done"
    finally:
        for process in processes:
            if process.returncode is None:
                process.terminate()
            await process.wait()

    await assert_one_of_each(cluster)


async def _start(url: str, first: int, last: int) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "tests.journeys.senders", url, str(first), str(last)]
    return await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 20
    )


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 100)).decode().strip()
