"""A database that is locked, overrun or has no room refuses what would write and goes on answering all the rest."""

import asyncio
import resource
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from bench.machine import resident_bytes
from tests.parts.command_line import RunningHub, running_hub
from tests.parts.prepared import Prepared
from tests.parts.sockets import socket

FEW = {"ONETHREAD_LIMIT_WRITES_WAITING": "40"}
# A file that may not grow at all.
NOTHING = 0


@asynccontextmanager
async def program(hub: RunningHub, made: Prepared) -> AsyncIterator[httpx2.AsyncClient]:
    """The shop's backend, with as many connections as it likes."""
    headers = {"authorization": f"Bearer {made.token}"}
    wide = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(base_url=hub.url, headers=headers, limits=wide, trust_env=False, timeout=30) as api:
        yield api


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process that writes, as far as the hub can tell."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


@contextmanager
def full_disk(hub: RunningHub) -> Iterator[None]:
    """The hub's files cannot grow any more; neither can new ones be begun."""
    pid = hub.process.pid
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (NOTHING, most))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))


def message(key: str, text: str = "Where is my kettle?") -> dict[str, Any]:
    sender = {"kind": "email", "address": "leo@example.com", "verified": True}
    return {"account": "api", "external_id": key, "from": sender, "text": text}


async def bring(api: httpx2.AsyncClient, key: str) -> tuple[httpx2.Response, float]:
    began = time.monotonic()
    answer = await api.post("/api/v1/messages", json=message(key))
    return answer, time.monotonic() - began


async def reads_go_on(hub: RunningHub, made: Prepared, api: httpx2.AsyncClient) -> None:
    """The API answers questions, and a console opens, lists and searches."""
    customers = await api.get("/api/v1/customers", params={"email": "leo@example.com"})
    assert customers.status_code == 200
    customer = int(customers.json()["customers"][0]["id"])
    assert (await api.get("/api/v1/search", params={"q": "kettle"})).status_code == 200
    async with socket(f"{hub.url}/console/socket", made.cookie) as line:
        assert "snapshot" in await line.hello(watch={"view": "open"})
        shown = await line.ok("open", customer=customer)
        assert shown["entries"]
        assert (await line.refused("note", customer=customer, text="Called him"))["status"] == 503


async def test_what_a_locked_database_cannot_take_is_refused_at_once_and_reads_go_on(made: Prepared) -> None:
    with running_hub(made.folder, variables=FEW) as hub:
        async with program(hub, made) as api:
            assert (await bring(api, "first"))[0].status_code == 201
            before = resident_bytes(hub.process.pid)

            with locked(made.database):
                waiting = asyncio.create_task(_burst(api, 400))
                await reads_go_on(hub, made, api)
                burst = await waiting
                grown = resident_bytes(hub.process.pid) - before
            after = (await bring(api, "after"))[0]

            stored = (await api.get(f"/api/v1/conversations/{after.json()['conversation_id']}/entries")).json()

    statuses = Counter(answer.status_code for answer, _ in burst)
    at_once = [seconds for answer, seconds in burst if answer.json()["code"] == "overloaded"]
    print(f"{dict(statuses)}, {len(at_once)} refused at once (slowest {max(at_once):.2f} s), grown {grown >> 10} KiB")
    assert statuses == {503: 400}
    assert all(int(answer.headers["retry-after"]) > 0 for answer, _ in burst)
    # The others had a place in the queue, and waited for the lock to be let go.
    assert len(at_once) >= 300
    assert grown < 32 * 1024 * 1024
    assert after.status_code == 201
    assert len(stored["entries"]) == 2


async def _burst(api: httpx2.AsyncClient, count: int) -> list[tuple[httpx2.Response, float]]:
    return list(await asyncio.gather(*(bring(api, f"burst-{n}") for n in range(count))))


async def test_on_a_full_disk_reads_go_on_and_the_first_write_with_room_is_stored(made: Prepared) -> None:
    with running_hub(made.folder) as hub:
        async with program(hub, made) as api:
            first = (await bring(api, "first"))[0]
            assert first.status_code == 201

            with full_disk(hub):
                refused = [(await bring(api, f"full-{n}"))[0] for n in range(5)]
                with_file = await api.post("/api/v1/messages", json=message("file") | {"attachments": [FILE]})
                await reads_go_on(hub, made, api)

            after = (await bring(api, "full-0"))[0]
            later = await api.post("/api/v1/messages", json=message("file") | {"attachments": [FILE]})
            conversation = first.json()["conversation_id"]
            stored = (await api.get(f"/api/v1/conversations/{conversation}/entries")).json()["entries"]

    assert [answer.status_code for answer in (*refused, with_file)] == [503] * 6
    assert {answer.json()["code"] for answer in refused} == {"busy"}
    assert with_file.json()["code"] == "not_stored"
    assert all(int(answer.headers["retry-after"]) > 0 for answer in (*refused, with_file))
    # Recovered by itself, and nothing that was refused is there.
    assert (after.status_code, later.status_code) == (201, 201)
    assert len(stored) == 3


FILE = {"filename": "label.txt", "content_type": "text/plain", "data": "cGFyY2VsIDc="}
