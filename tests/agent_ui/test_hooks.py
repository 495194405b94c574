"""Webhooks: what a shop signs is taken over, what nobody signed is refused, and a second delivery changes nothing."""

import base64
import json
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agent_ui.app import create_app
from connectors import found
from connectors.channels.generic import sign
from connectors.commerce.demo import SIGNATURE, signature
from hub.bootstrap import Hub, build, running
from hub.clock import Clock
from hub.config import Settings
from hub.database import Transaction
from hub.ports.commerce import NumberedOrder
from hub.security import Actor
from hub.services import filing
from hub.services.payloads import Payload, Payloads
from hub.services.reader import ORDERS_PER_UNIT
from tests.hub.sums import sums
from tests.parts.serving import serving

ADMIN = Actor(id=1, name="Ana", role="admin")
ORDER = {"number": "10492", "status": "shipped", "updated_at": "2026-11-20T10:00:00Z", "total": 7900, "currency": "EUR"}


@pytest.fixture(name="hub")
async def open_hub(tmp_path: Path, clock: Clock) -> AsyncIterator[Hub]:
    hub = await build(Settings(data=tmp_path / "hub"), found.channels(), found.shops(), clock)
    async with running(hub):
        await hub.accounts.save("feldweg", "demo", {"secret": "a secret of the shop"})
        yield hub


async def deliver(hub: Hub, body: bytes, account: str = "feldweg", **headers: str) -> int:
    """What the provider is answered; what was stored is read when this returns."""
    async with serving(create_app(hub)) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        status = (await http.post(f"/hooks/{account}", content=body, headers=headers)).status_code
    await hub.reader.read_on()
    return status


async def deliver_orders(hub: Hub, *orders: dict[str, object]) -> int:
    body = json.dumps({"orders": orders}).encode()
    return await deliver(hub, body, **signed(body))


def signed(body: bytes) -> dict[str, str]:
    return {SIGNATURE: signature("a secret of the shop", body)}


async def state_of(hub: Hub) -> tuple[str, str]:
    [row] = [row for row in await hub.accounts.every() if row.name == "feldweg"]
    return row.state, row.state_reason


async def test_a_shop_s_signed_orders_are_taken_over(hub: Hub) -> None:
    body = json.dumps({"orders": [ORDER]}).encode()

    status = await deliver(hub, body, **{SIGNATURE: signature("a secret of the shop", body)})

    assert status == 204
    assert (await hub.orders.get(ADMIN, "feldweg", "10492")).number == "10492"


async def test_the_same_delivery_again_changes_nothing(hub: Hub) -> None:
    await deliver_orders(hub, ORDER)
    before = await hub.orders.get(ADMIN, "feldweg", "10492")

    assert await deliver_orders(hub, ORDER) == 204

    assert (await hub.orders.get(ADMIN, "feldweg", "10492")).version == before.version
    assert await sums(hub) == {"order": 1}


async def test_a_delivery_is_safe_before_it_is_read(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub dies between its answer and reading; what comes after it reads what was stored."""

    async def dies(_: Payloads, stored: Iterable[Any]) -> list[Payload]:
        return []

    with monkeypatch.context() as broken:
        broken.setattr(Payloads, "read", dies)
        assert await deliver_orders(hub, ORDER) == 204
        assert await sums(hub) == {"stored": 1}
    await hub.reader.read_on()

    assert (await hub.orders.get(ADMIN, "feldweg", "10492")).number == "10492"


async def test_many_orders_of_one_delivery_go_in_by_small_units(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    put = filing.put_orders

    def counted(tx: Transaction, source: str, orders: Sequence[NumberedOrder]) -> list[str]:
        told.append(len(orders))
        return put(tx, source, orders)

    monkeypatch.setattr(filing, "put_orders", counted)

    await deliver_orders(hub, *({**ORDER, "number": f"{n}"} for n in range(45)))

    assert max(told) <= ORDERS_PER_UNIT
    assert len((await hub.orders.list(ADMIN, limit=100)).orders) == 45


async def test_an_order_that_makes_no_sense_stops_none_of_the_others(hub: Hub) -> None:
    bad = {**ORDER, "number": "1", "currency": "Euros"}

    assert await deliver_orders(hub, bad, ORDER) == 204

    assert (await hub.orders.get(ADMIN, "feldweg", "10492")).number == "10492"
    assert await sums(hub) == {"failed": 1}
    assert (await state_of(hub))[0] == "failing"
    assert "three capital letters" in (await state_of(hub))[1]


async def test_an_unsigned_delivery_is_refused_and_leaves_no_trace(hub: Hub) -> None:
    body = json.dumps({"orders": [ORDER]}).encode()

    assert await deliver(hub, body, **{SIGNATURE: "sha256=00"}) == 403

    assert (await hub.orders.list(ADMIN)).orders == []


async def test_a_delivery_that_cannot_be_read_is_kept_shown_and_stops_nothing(hub: Hub) -> None:
    body = b"{not json"

    assert await deliver(hub, body, **signed(body)) == 204
    assert await sums(hub) == {"failed": 1}
    assert (await state_of(hub))[0] == "failing"

    await deliver_orders(hub, ORDER)
    assert await sums(hub) == {"failed": 1, "order": 1}
    assert await state_of(hub) == ("ok", "")


async def test_a_shop_without_a_secret_vouches_for_nothing(hub: Hub) -> None:
    body = b"{}"
    await hub.accounts.remove("feldweg")
    await hub.accounts.save("other", "demo", {"secret": "another"})

    assert await deliver(hub, body, **signed(body)) == 404
    assert await deliver(hub, body, "other", **signed(body)) == 403
    assert await deliver(hub, body, "web") == 403
    assert await sums(hub) == {}


async def test_a_message_that_the_shop_s_backend_signs_is_filed(hub: Hub) -> None:
    secret = "whsec_" + base64.b64encode(b"a secret of the backend").decode()
    await hub.accounts.save("api", "generic", {"webhook_secret": secret})
    said = {"sender": {"id": "cust-9", "name": "Anna"}, "message": {"id": "m-1", "text": "Where is it?"}}
    body = json.dumps({"type": "message.received", "timestamp": "2026-11-20T10:00:00Z", "data": said}).encode()
    now = int(time.time())
    headers = {"webhook-id": "w-1", "webhook-timestamp": f"{now}", "webhook-signature": sign(secret, "w-1", now, body)}

    assert [await deliver(hub, body, "api", **headers) for _ in range(2)] == [204, 204]

    assert await sums(hub) == {"entry": 1}
