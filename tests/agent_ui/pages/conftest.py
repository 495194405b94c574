"""A hub at work behind a real port, with colleagues signed in, for the tests of pages."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import select

from agent_ui.app import create_app
from agent_ui.cookies import SESSION
from connectors import found
from hub import models
from hub.bootstrap import Hub, build, running
from hub.clock import Clock
from hub.config import Settings
from hub.database import Statement
from hub.ports.message import Address, AttachmentIn, InboundMessage
from hub.security import Actor
from hub.services.intake import Taken
from hub.services.invitations import Link
from tests.parts.serving import serving

AUDIT = Statement(select(models.audit.c.action, models.audit.c.subject).order_by(models.audit.c.id))
ANA = "ana@feldweg.example"
PASSWORD = "three kettles boil at noon"


@dataclass
class House:
    """A running hub, its address, and what a test does with it."""

    hub: Hub
    url: str
    ana: str = ""

    async def administrator(self) -> Actor:
        """The first colleague; her cookie is `ana` from now on."""
        link = await self.hub.agents.first_link()
        assert link is not None
        self.ana = await self._accept(link, name="Ana Ruiz", email=ANA)
        return (await self.hub.sessions.session_of(self.ana)).actor

    async def colleague(self, by: Actor, name: str, role: str) -> str:
        """Another colleague's cookie."""
        invited = await self.hub.agents.invite(by, name=name, email=f"{name.lower()}@feldweg.example", role=role)
        return await self._accept(invited.link)

    async def _accept(self, link: Link, **typed: str) -> str:
        return (await self.hub.agents.accept(link.path.rsplit("/", 1)[1], PASSWORD, **typed)).secret

    def client(self, cookie: str = "", **headers: str) -> httpx2.AsyncClient:
        """A browser as far as HTTP goes, signed in with this cookie."""
        said = {"accept": "text/html", "sec-fetch-site": "same-origin", **headers}
        if cookie:
            said["cookie"] = f"{SESSION}={cookie}"
        return httpx2.AsyncClient(base_url=self.url, headers=said, trust_env=False, timeout=30)

    async def page(self, browser: Browser, email: str = "", **context: Any) -> Page:
        """A page in a real browser, in which the colleague with this address has signed in."""
        context.setdefault("viewport", {"width": 1280, "height": 820})
        context.setdefault("locale", "en-GB")
        person = await browser.new_context(**context)
        person.set_default_timeout(30_000)
        page = await person.new_page()
        if email:
            await page.goto(f"{self.url}/signin?next=/account")
            await page.get_by_label("E-mail").fill(email)
            await page.get_by_label("Password", exact=True).fill(PASSWORD)
            await page.get_by_role("button", name="Sign in").click()
            await page.wait_for_url("**/account")
        return page

    async def receive(
        self,
        text: str = "",
        *,
        sender: str = "maria@keller.example",
        name: str = "Maria Keller",
        html: str = "",
        files: tuple[AttachmentIn, ...] = (),
        **rest: Any,
    ) -> Taken:
        """A message from outside through the API's own account, filed."""
        rest.setdefault("external_id", f"m-{text}-{html}-{sender}")
        message = InboundMessage(
            sender=Address(kind="email", address=sender, name=name),
            text=text,
            html=html,
            attachments=files,
            proof="signed",
            **rest,
        )
        account = await self.account("api")
        return await self.hub.intake.take(account, message, f"{text}{html}".encode())

    async def account(self, name: str) -> Any:
        return next(row for row in await self.hub.accounts.every() if row.name == name)

    async def audited(self) -> list[tuple[str, str]]:
        """What the audit trail says was done, and to what."""
        return [(row.action, row.subject) for row in await self.rows(AUDIT)]

    async def rows(self, statement: Statement, **values: Any) -> list[Any]:
        return await self.hub.db.view(lambda rd: rd.all(statement, **values))


# For the tests whose rules differ where two units run at once.
BOTH = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(name="house")
async def open_house(tmp_path: Path, clock: Clock, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    settings = Settings(data=tmp_path / "hub")
    if getattr(request, "param", "sqlite") == "postgres":
        settings = msgspec.structs.replace(settings, database_url=request.getfixturevalue("postgres_url"))
    else:
        settings.data.mkdir(mode=0o700)
        shutil.copyfile(request.getfixturevalue("sqlite_template"), settings.data / "onethread.db")
    hub = await build(settings, found.channels(), found.shops(), clock)
    async with running(hub), serving(create_app(hub)) as url:
        yield House(hub, url)
    hub.passwords.stop()


def header_tokens(header: str, directive: str) -> set[str]:
    """What a Content-Security-Policy says of one directive."""
    parts = (part.split() for part in header.split(";"))
    return next((set(part[1:]) for part in parts if part and part[0] == directive), set())


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 30) -> Any:
    """What a condition becomes, once it is something."""
    async with asyncio.timeout(seconds):
        while True:
            if found_now := await condition():
                return found_now
            await asyncio.sleep(0.02)
