"""What monitoring asks, and who may."""

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from hub.bootstrap import Hub
from hub.database import Transaction
from hub.services import readiness
from tests.agent_ui.api.conftest import Connect
from tests.agent_ui.api.test_messages import bring
from tests.agent_ui.pages.conftest import until

WORKERS = ("log", "leases", "intake", "delivery", "connections", "tidying", "timer")


@pytest.fixture(name="fresh")
def look_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question is a look of its own."""
    monkeypatch.setattr(readiness, "FRESH_S", 0.0)


async def fault(asker: httpx2.AsyncClient) -> dict[str, Any]:
    """The one thing that keeps the hub from being ready."""
    answer = await asker.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    [only] = answer.json()["faults"]
    found: dict[str, Any] = only
    assert answer.json()["checks"][found["name"]] is False
    assert found["text"]
    assert found["remedy"]
    return found


async def is_ready(asker: httpx2.AsyncClient) -> bool:
    return (await asker.get("/readyz")).status_code == 200


async def test_a_hub_at_work_is_alive_and_ready(stranger: httpx2.AsyncClient) -> None:
    alive, ready = await stranger.get("/healthz"), await stranger.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert ready.status_code == 200
    assert ready.json()["checks"] == dict.fromkeys(("database", "files", "disk", "key", *WORKERS), True)


@pytest.mark.parametrize("name", WORKERS)
async def test_a_hub_one_of_whose_workers_ended_is_alive_but_not_ready(
    name: str, hub: Hub, stranger: httpx2.AsyncClient
) -> None:
    hub.work[name].cancel()
    await asyncio.wait([hub.work[name]], timeout=5)

    assert (await fault(stranger))["name"] == name
    assert (await stranger.get("/healthz")).status_code == 200


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else writes in the database, and does not come to an end."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@pytest.mark.usefixtures("fresh")
async def test_a_database_that_takes_no_writes_is_a_fault_until_it_does(hub: Hub, stranger: httpx2.AsyncClient) -> None:
    with locked(hub.settings.data / "onethread.db"):
        assert (await fault(stranger))["name"] == "database"

    await until(lambda: is_ready(stranger))


@pytest.mark.usefixtures("fresh")
async def test_files_that_cannot_be_stored_are_a_fault_until_they_can(hub: Hub, stranger: httpx2.AsyncClient) -> None:
    files = hub.settings.data / "files"
    shutil.move(files, files.with_name("elsewhere"))
    assert (await fault(stranger))["name"] == "files"

    shutil.move(files.with_name("elsewhere"), files)
    assert await is_ready(stranger)


async def test_a_key_that_does_not_fit_is_a_fault(hub: Hub, stranger: httpx2.AsyncClient) -> None:
    def seal_with_another(tx: Transaction) -> None:
        tx._cursor("UPDATE settings SET value = 'other.AAAA' WHERE key = 'key_check'", ())

    await hub.db.unit(seal_with_another)

    assert (await fault(stranger))["name"] == "key"


async def test_a_disk_with_little_room_is_a_fault(hub: Hub, stranger: httpx2.AsyncClient) -> None:
    hub.readiness.least_free = 10**18

    assert "MB are free" in (await fault(stranger))["text"]


@pytest.mark.usefixtures("fresh")
async def test_screens_that_fall_behind_are_a_fault_until_they_have_caught_up(
    hub: Hub, api: httpx2.AsyncClient, stranger: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, reached = asyncio.Event(), asyncio.Event()

    async def linger(_: object) -> None:
        reached.set()
        await goes_on.wait()

    hub.log.listen(linger)
    await bring(api, "m1")
    await reached.wait()
    await bring(api, "m2")
    with monkeypatch.context() as strict:
        strict.setattr(readiness, "UNHEARD_MS", -1)
        assert "behind" in (await fault(stranger))["text"]
    with monkeypatch.context() as strict:
        strict.setattr(readiness, "SILENT_S", 0.0)
        answer = await stranger.get("/readyz")
        assert {"log"} <= {one["name"] for one in answer.json()["faults"] if "hangs" in one["text"]}

    goes_on.set()
    await until(lambda: is_ready(stranger))


async def test_a_hub_that_is_about_to_stop_is_not_ready(app: Starlette, stranger: httpx2.AsyncClient) -> None:
    app.state.stopping.set()

    assert (await fault(stranger))["name"] == "stopping"


async def test_who_asks_often_is_answered_from_one_look(hub: Hub, stranger: httpx2.AsyncClient) -> None:
    before = hub.gauges.group_units.total
    answers = await asyncio.gather(*(stranger.get("/readyz") for _ in range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert hub.gauges.group_units.total - before < 10


async def test_figures_are_for_this_machine_or_a_token_with_the_right(connect: Connect) -> None:
    here, there = await connect(token="", client="127.0.0.1"), await connect(token="", client="203.0.113.9")
    through_a_proxy = {"x-forwarded-for": "203.0.113.9"}

    assert (await here.get("/metrics")).status_code == 200
    assert (await there.get("/metrics")).status_code == 401
    assert (await here.get("/metrics", headers=through_a_proxy)).status_code == 401
    assert (await (await connect("metrics")).get("/metrics")).status_code == 200
    assert (await (await connect("agent")).get("/metrics")).status_code == 403


async def test_figures_are_what_prometheus_reads_and_name_nobody(api: httpx2.AsyncClient) -> None:
    await bring(api)
    await until(lambda: _is_heard(api))

    text = (await api.get("/metrics")).text

    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["onethread_requests", "open"] == 1
    assert samples["onethread_working", "log"] == 1
    assert samples["onethread_api_answers_total", "POST", "/api/v1/messages", "201"] >= 1
    assert samples["onethread_events_total", "message.received"] == 1
    assert samples["onethread_account_working", "api", "generic"] == 1
    assert samples["onethread_sockets", "console"] == 0
    for name in ("commit_group_units", "commit_seconds", "view_seconds", "event_lag_seconds", "loop_lag_seconds"):
        assert samples[f"onethread_{name}_count",] >= 1
        assert samples[f"onethread_{name}_bucket", "+Inf"] == samples[f"onethread_{name}_count",]
    assert "ana" not in text.lower()


async def _is_heard(api: httpx2.AsyncClient) -> bool:
    text = (await api.get("/metrics")).text
    return 'events_total{kind="message.received"} 1.0' in text and "loop_lag_seconds_count 0.0" not in text
