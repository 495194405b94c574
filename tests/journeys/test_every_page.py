"""Every page in every state that the demo fills: axe finds nothing in any theme and width, nor does the browser."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from agent_ui.app import create_app
from demo.letterbox import Letterbox
from demo.people import COLLEAGUES
from hub.bootstrap import Hub
from hub.security import Actor
from hub.services.customers import Wanted
from tests.parts.browser import axe
from tests.parts.demo import begun, the_demo
from tests.parts.serving import serving

WIDTHS = {"wide": {"width": 1440, "height": 900}, "360": {"width": 360, "height": 740}}
THEMES = ("light", "dark")

# Outside the console: a name and an address.
PAGES = (
    ("sign-in", "/signin"),
    ("forgotten password", "/forgotten"),
    ("page that is not there", "/nothing-here"),
    ("demo shop", "/demo-shop"),
    ("demo, the customers' mail", "/demo-mail"),
    ("chat, home", "/widget/frame?account=web"),
    ("form, thanks", "/forms/web/thanks"),
)
# In the console and around it, signed in; {customer} is each of the story's richest conversations in turn.
PLACES = (
    ("inbox, mine", "/#/inbox/mine"),
    ("inbox, unassigned", "/#/inbox/unassigned"),
    ("inbox, all open", "/#/inbox/open"),
    ("inbox, snoozed", "/#/inbox/snoozed"),
    ("inbox, failed to send", "/#/inbox/failed"),
    ("inbox, drafts", "/#/inbox/drafts"),
    ("search, nothing asked", "/#/find/all"),
    ("search, found", "/#/find/all?q=kettle"),
    ("search, nothing found", "/#/find/all?q=xyzzyx"),
    ("calls", "/#/calls"),
    ("settings, me", "/#/settings/me"),
    ("settings, colleagues", "/#/settings/colleagues"),
    ("settings, canned replies", "/#/settings/canned"),
    ("settings, accounts", "/#/settings/accounts"),
    ("settings, system", "/#/settings/system"),
    ("account", "/account"),
)
WITH_HTML = "amelie.durand@mail.example"
CONVERSATIONS = ("mara@keller.example", "tove@lindqvist.example", "selin.yildiz@mail.example")


@dataclass
class Story:
    """The demo at work."""

    hub: Hub
    url: str
    password: str


@pytest.fixture(name="story")
async def open_story(told_demo: Path, tmp_path: Path) -> AsyncIterator[Story]:
    folder = Path(shutil.copytree(told_demo, tmp_path / "hub"))
    letterbox = Letterbox()
    async with the_demo(folder, letterbox=letterbox) as hub, serving(letterbox.beside(create_app(hub))) as url:
        yield Story(hub, url, begun(folder).password)


async def customer_with(story: Story, email: str) -> int:
    """The customer whom a colleague finds by this address."""
    page = await story.hub.customers.find(Actor(id=1, name="Test", role="admin"), Wanted(email=email))
    return page.customers[0].customer.id


async def sign_in(page: Page, story: Story) -> None:
    await page.goto(f"{story.url}/signin")
    await page.get_by_label("E-mail").fill(COLLEAGUES[0][2])
    await page.get_by_label("Password", exact=True).fill(story.password)
    await page.get_by_role("button", name="Sign in").click()
    await page.locator(".app .regions").wait_for(state="attached")


async def still(page: Page) -> None:
    """Until nothing moves or loads any more."""
    await expect(page.locator(".skeleton")).to_have_count(0)
    await page.evaluate(
        # An animation whose element goes meanwhile is over too.
        "() => Promise.allSettled(document.getAnimations()"
        ".filter(a => a.effect.getTiming().iterations === 1).map(a => a.finished))"
    )


@pytest.mark.timeout(400)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
async def test_axe_finds_nothing(story: Story, browser: Browser, theme: str, width: str) -> None:
    context = await browser.new_context(viewport=WIDTHS[width], color_scheme=theme, locale="en-GB")  # type: ignore[arg-type]
    page = await context.new_page()
    wrong: dict[str, list[str]] = {}

    async def look(state: str) -> None:
        await still(page)
        violations = await axe(page)
        print(f"axe: {state} · {theme} · {width}: {len(violations)} violations")
        if violations:
            wrong[state] = [str(violation) for violation in violations]

    for state, path in PAGES:
        await page.goto(story.url + path)
        await look(state)
    await sign_in(page, story)
    for state, path in PLACES:
        await page.goto(story.url + path)
        await look(state)
    for email in CONVERSATIONS:
        customer = await customer_with(story, email)
        await page.goto(f"{story.url}/#/inbox/open/{customer}")
        await page.locator(".timeline").wait_for()
        await look(f"conversation of {email}")
        await page.goto(f"{story.url}/conversations/{customer}/export?format=html")
        await look(f"export of {email}")

    assert wrong == {}
    await context.close()


@pytest.mark.timeout(200)
async def test_browser_finds_nothing_to_complain_about(story: Story, browser: Browser) -> None:
    context = await browser.new_context(viewport=WIDTHS["wide"], locale="en-GB")  # type: ignore[arg-type]
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on("console", lambda line: wrong.append(f"{page.url}: {line.text}") if complains(line, story) else None)

    for _, path in PAGES:
        await page.goto(story.url + path)
        await still(page)
    await sign_in(page, story)
    for _, path in PLACES:
        await page.goto(story.url + path)
        await still(page)
    for email in (*CONVERSATIONS, WITH_HTML):
        await page.goto(f"{story.url}/#/inbox/open/{await customer_with(story, email)}")
        await page.locator(".timeline").wait_for()
        await still(page)
    await page.get_by_role("button", name="Show as e-mail").last.click()
    await page.frame_locator(".mail-frame").get_by_text("Bonjour").wait_for()

    assert wrong == []


def complains(line: ConsoleMessage, story: Story) -> bool:
    """What is a warning or worse; that a page is not there is meant so on the page that is not there."""
    meant = line.location["url"] == f"{story.url}/nothing-here"
    return line.type in {"warning", "error", "assert"} and not meant
