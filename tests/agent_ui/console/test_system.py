"""The page about the hub itself: what it shows, that it keeps up by itself, and what it says when it cannot."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from hub.database import Transaction
from hub.ports.errors import Rejected
from hub.security import Actor
from hub.services.delivery import enqueue
from hub.services.replies import Reply
from hub.services.sending import not_sent
from tests.agent_ui.console.conftest import OpenConsole, go
from tests.agent_ui.pages.conftest import House
from tests.parts.browser import axe


async def fail_to_send(house: House, by: Actor, text: str = "It is on its way") -> int:
    """An answer that nobody took; its customer."""
    taken = await house.receive(f"Where is it? {text}")
    reply = Reply(customer=taken.customer_id, base={taken.conversation_id: taken.seq}, text=text, client_key=text)
    entry_id, _ = await house.hub.replies.send(by, reply)
    account = await house.account("api")

    def fail(tx: Transaction) -> None:
        delivery = enqueue(tx, entry_id, account.id, house.hub.channels["generic"], None, {}, send_at=tx.now + 60_000)
        tx._cursor("UPDATE deliveries SET state = 'sending' WHERE id = ?", (delivery,))
        not_sent(tx, delivery, Rejected("Their mailbox is full", code="5.2.2"))

    await house.hub.db.unit(fail)
    return taken.customer_id


async def test_system_that_is_well_says_so_and_that_nothing_failed(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    page = await console("settings/system")

    await expect(page.get_by_text(re.compile(r"All \d+ parts of the hub work"))).to_be_visible()
    await expect(page.get_by_text("Nothing failed")).to_be_visible()
    await expect(page.locator(".system-about")).to_contain_text("SQLite")
    await expect(page.locator(".settings-item")).to_have_count(3)


async def test_account_that_begins_to_fail_is_shown_without_a_reload(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    page = await console("settings/system")
    account = page.locator(".settings-item", has_text="Chat")
    await expect(account).to_contain_text("Ready")

    await house.hub.accounts.set_state((await house.account("web")).id, "failing", "The proxy cuts its lines")

    await expect(account).to_contain_text("The proxy cuts its lines")
    await expect(account).to_contain_text("Does not work")
    await expect(page.get_by_text("1 account does not work")).to_be_visible()


async def test_failure_leads_to_its_conversation_and_can_be_tried_again(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    customer = await fail_to_send(house, ana)
    page = await console("settings/system")

    await expect(page.get_by_text("Their mailbox is full")).to_be_visible()
    await page.get_by_role("link", name="Maria Keller").click()
    await expect(page).to_have_url(re.compile(rf"#/inbox/failed/{customer}\?entry=\d+"))
    await go(page, "settings/system")
    await page.get_by_role("button", name="Try again: message to Maria Keller").click()

    await expect(page.get_by_text("Their mailbox is full")).to_have_count(0)


async def test_part_that_is_not_well_is_named_with_what_to_do(house: House, ana: Actor, console: OpenConsole) -> None:
    house.hub.readiness.least_free = 10**18
    page = await console("settings/system")

    await expect(page.get_by_role("alert")).to_contain_text(
        "Disk The disk of the data folder is nearly full. Make room"
    )
    assert await axe(page) == []


@contextlib.contextmanager
def no_deliveries(path: Path) -> Iterator[None]:
    """The table is gone for a while."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE deliveries RENAME TO elsewhere")
        yield
        db.execute("ALTER TABLE elsewhere RENAME TO deliveries")


async def test_page_that_cannot_be_read_says_so_and_comes_back(house: House, ana: Actor, console: OpenConsole) -> None:
    page = await console("settings/me")
    with no_deliveries(house.hub.settings.data / "onethread.db"):
        await go(page, "settings/system")
        await expect(page.get_by_role("alert")).to_contain_text("Try again")
        assert await axe(page) == []

    await expect(page.get_by_text("parts of the hub work")).to_be_visible()
    with no_deliveries(house.hub.settings.data / "onethread.db"):
        await expect(page.get_by_text("This is how it was at")).to_be_visible()
        await expect(page.get_by_text("parts of the hub work")).to_be_visible()


@pytest.mark.parametrize("role", ["agent", "supervisor"])
async def test_nobody_else_is_offered_it(house: House, ana: Actor, console: OpenConsole, role: str) -> None:
    page = await console("settings/system", cookie=await house.colleague(ana, "Ben", role))

    await expect(page.get_by_role("heading", name="My account")).to_be_visible()
    await expect(page.get_by_role("link", name="System")).to_have_count(0)


async def test_it_speaks_german(house: House, ana: Actor, console: OpenConsole) -> None:
    await fail_to_send(house, ana)
    page = await console("settings/system", locale="de-DE")

    await expect(page.get_by_role("heading", name="Nicht zugestellt")).to_be_visible()
    await expect(page.get_by_text("Sieht von selbst wieder nach")).to_be_visible()
    await expect(page.get_by_text("Zuletzt herein")).to_have_count(1)
