"""What axe finds in the console's states, in both themes, on a phone and wide: nothing."""

import pytest
from playwright.async_api import Page, expect

from hub.security import Actor
from tests.agent_ui.console.conftest import OpenConsole, go
from tests.agent_ui.pages.conftest import House
from tests.parts.browser import STANDARDS, Violation, axe

WIDE = {"width": 1440, "height": 900}
LAPTOP = {"width": 1024, "height": 768}
PHONE = {"width": 360, "height": 740}

PLACES = (
    "inbox/mine",
    "inbox/open",
    "inbox/drafts",
    "inbox/open/{customer}",
    "find/all?q=kettle",
    "calls",
    "settings/me",
    "settings/look",
    "settings/notifications",
    "settings/keys",
    "settings/canned",
    "settings/colleagues",
    "settings/teams",
    "settings/accounts",
    "settings/system",
)

# The themes differ in nothing but their colours.
COLOURS = ("color-contrast", "link-in-text-block")


async def fill(house: House, ana: Actor) -> int:
    taken = await house.receive("Is the kettle there?", html="<p>Is the <b>kettle</b> there?</p>")
    customer = taken.customer_id
    await house.hub.replies.note(ana, customer, "Ask @Ben", None, "note-1")
    await house.hub.teams.save_canned(ana, None, name="Greeting", text="Hello {customer.name}", language="en")
    await house.hub.teams.save_team(ana, None, name="Returns", agents=[ana.id])
    await house.receive("شكراً", sender="haddad@lind.example")
    return customer


# What moves only once has arrived; the dots of somebody who types go on.
ARRIVED = """() => Promise.all(
  document.getAnimations().filter(a => a.effect.getTiming().iterations === 1).map(a => a.finished))"""


async def settled(page: Page) -> None:
    await expect(page.locator(".skeleton")).to_have_count(0)
    await page.evaluate(ARRIVED)


async def violations(page: Page) -> list[Violation]:
    """What axe finds in the light theme, and in the dark one."""
    found: list[Violation] = []
    for theme, rules in (("light", STANDARDS), ("dark", COLOURS)):
        await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        await page.evaluate(ARRIVED)
        found += await axe(page, rules)
    return found


@pytest.mark.parametrize("size", [WIDE, LAPTOP, PHONE], ids=["wide", "laptop", "phone"])
async def test_every_place_is_free_of_violations(
    house: House, ana: Actor, console: OpenConsole, size: dict[str, int]
) -> None:
    customer = await fill(house, ana)
    page = await console(viewport=size)

    for place in PLACES:
        await go(page, place.format(customer=customer))
        await settled(page)
        assert await violations(page) == [], place
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place


async def test_menus_and_dialogs_are_free_of_violations(house: House, ana: Actor, console: OpenConsole) -> None:
    customer = await fill(house, ana)
    page = await console(f"inbox/open/{customer}")
    await expect(page.locator(".bubble")).to_be_visible()
    await page.locator(".timeline").focus()

    for keys in ("Control+k", "?", "m", "a", "h"):
        await page.keyboard.press(keys)
        await expect(page.locator("dialog[open], .menu:popover-open")).to_have_count(1)
        await settled(page)
        assert await violations(page) == [], keys
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog[open], .menu:popover-open")).to_have_count(0)

    await page.keyboard.press("n")
    await page.keyboard.type("A note")
    assert await violations(page) == [], "note"


async def test_everything_fits_into_320_pixels(house: House, ana: Actor, console: OpenConsole) -> None:
    customer = await fill(house, ana)
    page = await console(viewport={"width": 320, "height": 640})

    for place in PLACES:
        await go(page, place.format(customer=customer))
        await settled(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place


async def test_right_to_left_page_is_free_of_violations(house: House, ana: Actor, console: OpenConsole) -> None:
    customer = await fill(house, ana)
    before = "document.addEventListener('DOMContentLoaded', () => { document.documentElement.dir = 'rtl' })"
    page = await console(f"inbox/open/{customer}", before=before)
    await expect(page.locator(".bubble")).to_be_visible()

    assert await axe(page) == []
    list_box, thread = await page.locator(".inbox").bounding_box(), await page.locator(".conversation").bounding_box()
    assert list_box
    assert thread
    assert list_box["x"] > thread["x"]
