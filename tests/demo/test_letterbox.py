"""The demo's page of the customers' mail: what goes out arrives there, and is answered from there."""

import asyncio
from pathlib import Path

import httpx2

from agent_ui.app import create_app
from connectors import found
from demo.letterbox import Letterbox
from demo.notes import Notes
from demo.people import COLLEAGUES, JAKOB
from demo.post import PostOffice, free_port
from demo.stage import set_up
from hub.bootstrap import build, running
from hub.security import Actor
from tests.demo.conftest import PATIENCE_S, Desk, at_the_door
from tests.parts.demo import settings_of
from tests.parts.serving import serving


async def test_a_mail_is_written_read_and_answered_in_the_customers_place(tmp_path: Path) -> None:
    post, door, letterbox = PostOffice(full=set()), free_port(), Letterbox()
    hub = await build(settings_of(tmp_path), found.channels(), found.shops())
    async with (
        post.open(),
        running(hub),
        serving(letterbox.beside(create_app(hub))) as url,
        httpx2.AsyncClient(base_url=url) as browser,
    ):
        await set_up(hub, Notes(password="three kettles boil"), post.port, door)
        letterbox.hang(post, door)
        _, name, email, _ = COLLEAGUES[0]
        desk = Desk(hub, Actor(id=(await hub.agents.named(email)).id, name=name, role="admin"))
        await desk.until(lambda: at_the_door(door))

        empty = await browser.get("/demo-mail")
        first = {"from": JAKOB.email, "subject": "Boots", "text": "Do you have boots in 47?"}
        written = await browser.post("/demo-mail", data=first)
        customer = await desk.who_says("Do you have boots in 47?")
        arrived = asyncio.Event()
        post.on_mail(lambda *_: arrived.set())
        await desk.answer(customer, "We do, <in> brown.")
        async with asyncio.timeout(PATIENCE_S):
            await arrived.wait()
        page = await browser.get("/demo-mail")
        await browser.post("/demo-mail", data={"answers": "1", "text": "Brown it is."})
        reply = await desk.said(customer, "Brown it is.")

    assert "No mail yet" in empty.text
    assert written.status_code == 303
    assert JAKOB.email in page.text
    assert "We do, &lt;in&gt; brown." in page.text
    assert reply.quoted_from is not None
