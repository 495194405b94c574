"""Webhooks: what a shop signs is taken over, what nobody signed is refused, and a second delivery changes nothing."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from agent_ui.app import create_app
from connectors import found
from connectors.commerce.demo import SIGNATURE, signature
from hub.bootstrap import Hub, build, running
from hub.clock import Clock
from hub.config import Settings
from hub.security import Actor
from tests.parts.serving import serving

ADMIN = Actor(id=1, name="Ana", role="admin")
ORDER = {"number": "10492", "status": "shipped", "updated_at": "2026-11-20T10:00:00Z", "total": 7900, "currency": "EUR"}


@pytest.fixture(name="hub")
async def open_hub(tmp_path: Path, clock: Clock) -> AsyncIterator[Hub]:
    hub = await build(Settings(data=tmp_path / "hub"), found.channels(), found.shops(), clock)
    async with running(hub):
        await hub.accounts.save("feldweg", "demo", {"secret": "a secret of the shop"})
        yield hub


async def deliver(hub: Hub, body: bytes, **headers: str) -> int:
    async with serving(create_app(hub)) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        return (await http.post("/hooks/feldweg", content=body, headers=headers)).status_code


async def test_a_shop_s_signed_orders_are_taken_over(hub: Hub) -> None:
    body = json.dumps({"orders": [ORDER]}).encode()

    status = await deliver(hub, body, **{SIGNATURE: signature("a secret of the shop", body)})

    assert status == 204
    assert (await hub.orders.get(ADMIN, "feldweg", "10492")).number == "10492"


async def test_the_same_delivery_again_changes_nothing(hub: Hub) -> None:
    body = json.dumps({"orders": [ORDER]}).encode()
    signed = {SIGNATURE: signature("a secret of the shop", body)}
    await deliver(hub, body, **signed)
    before = await hub.orders.get(ADMIN, "feldweg", "10492")

    assert await deliver(hub, body, **signed) == 204

    assert (await hub.orders.get(ADMIN, "feldweg", "10492")).version == before.version


async def test_an_unsigned_delivery_is_refused_and_leaves_no_trace(hub: Hub) -> None:
    body = json.dumps({"orders": [ORDER]}).encode()

    assert await deliver(hub, body, **{SIGNATURE: "sha256=00"}) == 403

    assert (await hub.orders.list(ADMIN)).orders == []


async def test_a_delivery_that_cannot_be_read_is_refused(hub: Hub) -> None:
    body = b"{not json"

    assert await deliver(hub, body, **{SIGNATURE: signature("a secret of the shop", body)}) == 422
