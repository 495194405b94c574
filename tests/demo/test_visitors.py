"""Mira and Jakob in front of a real hub: they ask, wait, react to what is answered, and grow quiet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent_ui.app import create_app
from agent_ui.sockets import widget
from connectors import found
from demo.notes import Notes
from demo.people import COLLEAGUES, JAKOB, MIRA
from demo.post import PostOffice, free_port
from demo.stage import set_up
from demo.talk import JAKOB_ASKS, MIRA_ASKS
from demo.visitors import Street, Tempo, jakob, mira
from hub.bootstrap import build, running
from hub.security import Actor
from hub.services import delivery
from tests.demo.conftest import Desk, at_the_door
from tests.parts.demo import settings_of
from tests.parts.serving import serving

PATIENT = Tempo(thinks=0, types=0, listens=0.05, leaves_after=60)
HASTY = Tempo(thinks=0, types=0, listens=0.05, leaves_after=1)


@dataclass
class Shop:
    """The demo's hub at work, before its story, and Ana at her desk."""

    desk: Desk
    url: str
    post: PostOffice
    door: int

    def street(self, tempo: Tempo) -> Street:
        return Street(url=self.url, post=self.post, door=self.door, tempo=tempo)


@pytest.fixture(name="shop")
async def open_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Visitors count as gone at once, so that nobody has to wait."""
    monkeypatch.setattr(widget, "GRACE_S", 0.05)
    monkeypatch.setattr(delivery, "LOOK_AGAIN_MS", 200)
    post, door = PostOffice(full=set()), free_port()
    hub = await build(settings_of(tmp_path), found.channels(), found.shops())
    async with post.open(), running(hub), serving(create_app(hub)) as url:
        await set_up(hub, Notes(password="three kettles boil"), post.port, door)
        _, name, email, _ = COLLEAGUES[0]
        ana = Actor(id=(await hub.agents.named(email)).id, name=name, role="admin")
        desk = Desk(hub, ana)
        await desk.until(lambda: at_the_door(door))
        yield Shop(desk=desk, url=url, post=post, door=door)


@asynccontextmanager
async def there(visit: Any) -> AsyncIterator[asyncio.Task[None]]:
    """Somebody is there inside the block."""
    task = asyncio.create_task(visit)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def forget(token: str) -> None:
    """Nobody comes again."""


async def test_mira_reacts_to_what_is_answered(shop: Shop) -> None:
    desk = shop.desk

    async with there(mira(shop.street(PATIENT), 0, "", forget)):
        customer = await desk.who_says(MIRA_ASKS[0])
        await desk.answer(customer, "Which size is the dog?")
        await desk.said(customer, "beagle")
        await desk.answer(customer, "Unfortunately that is tight.")
        await desk.said(customer, "something similar")
        read = [entry.delivery.state for entry in (await desk.screen(customer)).entries if entry.direction == "out"]

    assert read == ["read", "read"]


async def test_mira_leaves_her_address_and_goes_on_by_mail(shop: Shop) -> None:
    desk = shop.desk

    async with there(mira(shop.street(HASTY), 0, "", forget)):
        customer = await desk.who_says("I leave my address here")
        await desk.answer(customer, "Shall I put one aside for you?")
        reply = await desk.said(customer, "Yes please")
        screen = await desk.screen(customer)

    assert reply.channel == "email"
    assert reply.quoted_from is not None
    assert {entry.channel for entry in screen.entries if entry.kind == "message"} == {"webchat", "email"}
    assert [endpoint.address for endpoint in screen.customer.endpoints if endpoint.kind == "email"] == [MIRA.email]
    assert not screen.customer.provisional
    assert len(await desk.inbox()) == 1


async def test_mira_comes_back_as_the_same_visitor_with_another_question(shop: Shop) -> None:
    desk, tokens = shop.desk, list[str]()
    async with there(mira(shop.street(PATIENT), 0, "", tokens.append)):
        first = await desk.who_says(MIRA_ASKS[0])

    async with there(mira(shop.street(PATIENT), 1, tokens[0], tokens.append)):
        second = await desk.who_says(MIRA_ASKS[1])

    assert first == second
    assert tokens[0] == tokens[1]


async def test_mira_grows_quiet_after_a_handful_of_answers(shop: Shop) -> None:
    desk = shop.desk

    async with there(mira(shop.street(PATIENT), 0, "", forget)):
        customer = await desk.who_says(MIRA_ASKS[0])
        for number, words in enumerate(("Perfect", "Very good", "Thank you", "Good to know", "that is all for now")):
            await desk.answer(customer, f"Yes, {number}.")
            await desk.said(customer, words)
        await desk.answer(customer, "Yes, gladly.")
        # She leaves her address without another word.
        claimed = await desk.until(lambda: claims_of(desk, customer))
        said = [entry for entry in (await desk.screen(customer)).entries if entry.direction == "in"]

    assert claimed == [MIRA.email]
    assert len(said) == 6


async def claims_of(desk: Desk, customer: int) -> list[str] | None:
    return [claim.address for claim in (await desk.screen(customer)).customer.says] or None


async def test_jakob_answers_in_the_thread(shop: Shop) -> None:
    desk, (subject, question) = shop.desk, JAKOB_ASKS[0]

    async with there(jakob(shop.street(PATIENT), 0)):
        customer = await desk.who_says(question)
        await desk.answer(customer, "How long is your foot?")
        await desk.said(customer, "30.5 cm")
        await desk.answer(customer, "Have a nice day!")
        await desk.said(customer, "All the best")
        screen = await desk.screen(customer)

    assert [request.subject for request in screen.requests] == [subject]
    assert screen.customer.name == JAKOB.name
    assert screen.customer.assurance == "signed"
