"""A whole hub on either database, its web application on a real port, real mail servers, and people with browsers."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from agent_ui.app import create_app
from agent_ui.sockets import widget
from connectors import found
from hub.bootstrap import Hub, running
from hub.clock import Clock
from hub.config import Settings
from hub.database import Database
from hub.keyring import Keyring
from hub.security import Actor
from hub.services import delivery
from hub.services.company import Company
from tests.parts.dovecot import Dovecot
from tests.parts.postfix import Postfix, postfix
from tests.parts.prepared import Prepared, prepared
from tests.parts.serving import serving
from tests.parts.smtp import MailServer

KEY = bytes(range(32))
PASSWORD = "three kettles boil at noon"


@dataclass
class Shop:
    """A shop's hub at work."""

    hub: Hub
    url: str
    clock: Clock
    mailbox: str
    post: Postfix
    outgoing_mail: MailServer

    async def colleague(self, browser: Browser, name: str, role: str) -> tuple[Actor, Page]:
        """A colleague, and the console in which they have signed in."""
        email = f"{name.lower()}@feldweg.example"
        invited = await self.hub.agents.invite(None, name=name, email=email, role=role)
        await self.hub.agents.set_password(invited.agent_id, PASSWORD)
        page = await (await a_context(browser)).new_page()
        await page.goto(f"{self.url}/signin")
        await page.get_by_label("E-mail").fill(email)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("heading", name="Inbox").wait_for()
        return Actor(id=invited.agent_id, name=name, role=role), page  # type: ignore[arg-type]

    async def visitor(self, browser: Browser) -> Page:
        """Somebody in front of the widget."""
        page = await (await a_context(browser)).new_page()
        await page.goto(f"{self.url}/widget/frame?account=web")
        return page


async def a_context(browser: Browser) -> BrowserContext:
    context = await browser.new_context(viewport={"width": 1280, "height": 820}, locale="en-GB")
    context.set_default_timeout(30_000)
    return context


@pytest.fixture(name="made")
def prepare_folder(sqlite_template: Path, tmp_path: Path) -> Prepared:
    """A data folder in which a test starts hubs of its own."""
    return prepared(sqlite_template, tmp_path / "data")


@pytest.fixture(name="post")
def run_post(mail_store: Dovecot, outgoing_mail: MailServer) -> Iterator[Postfix]:
    """The shop's own mail server: fills its mailboxes, and brings what goes elsewhere to the customers' server."""
    with postfix(mail_store, passes_on_to=outgoing_mail.port) as server:
        yield server


@pytest.fixture(name="shop")
async def open_shop(
    closed_db: AbstractAsyncContextManager[Database],
    clock: Clock,
    tmp_path: Path,
    mail_store: Dovecot,
    post: Postfix,
    outgoing_mail: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Shop]:
    """The hub runs once on each database. Visitors count as gone at once, so that nobody has to wait."""
    monkeypatch.setattr(widget, "GRACE_S", 0.1)
    monkeypatch.setattr(delivery, "LOOK_AGAIN_MS", 300)
    async with closed_db as db, a_hub(db, tmp_path) as hub, serving(create_app(hub)) as url:
        await hub.set_company(Company(name="Feldweg", country="DE"))
        mailbox = mail_store.new_mailbox("support")
        await hub.accounts.save("support", "email", mail_settings(mailbox, mail_store, post), label="Feldweg")
        yield Shop(hub, url, clock, mailbox, post, outgoing_mail)


@asynccontextmanager
async def a_hub(db: Database, folder: Path) -> AsyncIterator[Hub]:
    hub = Hub(Settings(data=folder), Keyring(KEY), db, found.channels(), found.shops())
    hub.db.start = _already_open  # type: ignore[method-assign]
    async with running(hub):
        yield hub


async def _already_open() -> None:
    """The fixture has opened it."""


def mail_settings(mailbox: str, store: Dovecot, post: Postfix) -> dict[str, str]:
    return {
        "address": mailbox,
        "imap_host": store.host,
        "imap_port": str(store.imap_port),
        "imap_security": "none",
        "imap_password": store.password,
        "smtp_host": post.host,
        "smtp_port": str(post.port),
        "smtp_security": "none",
        "authserv_id": "mx.feldweg.example",
    }


def words_of_timeline(text: str) -> str:
    """A timeline's text with its spaces made one."""
    return re.sub(r"\s+", " ", text)
