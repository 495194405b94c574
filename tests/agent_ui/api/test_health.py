"""What monitoring asks, and who may."""

import asyncio

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from hub.bootstrap import Hub
from tests.agent_ui.api.conftest import Connect
from tests.agent_ui.api.test_messages import bring


async def test_a_hub_at_work_is_alive_and_ready(stranger: httpx2.AsyncClient) -> None:
    alive, ready = await stranger.get("/healthz"), await stranger.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert ready.status_code == 200
    assert ready.json()["checks"] == dict.fromkeys(
        ("database", "log", "intake", "delivery", "connections", "tidying", "timer"), True
    )


async def test_a_hub_whose_log_is_not_read_is_alive_but_not_ready(hub: Hub, stranger: httpx2.AsyncClient) -> None:
    hub.work["log"].cancel()
    await asyncio.wait([hub.work["log"]], timeout=5)

    alive, ready = await stranger.get("/healthz"), await stranger.get("/readyz")

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["code"], ready.json()["checks"]["log"]) == (503, "not_ready", False)


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

    text = (await api.get("/metrics")).text

    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["onethread_requests", "open"] == 1
    assert samples["onethread_working", "log"] == 1
    assert samples["onethread_api_answers_total", "POST", "/api/v1/messages", "201"] >= 1
    assert "ana" not in text.lower()
