"""Colleagues with the console open in a real browser, on a hub at work."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from agent_ui.cookies import SESSION
from hub.security import Actor
from hub.services.replies import Reply
from tests.agent_ui.pages.conftest import House, open_house

__all__ = ["open_house"]

OpenConsole = Callable[..., Awaitable[Page]]

BROKEN_RULES = "addEventListener('securitypolicyviolation', event => console.error('csp ' + event.violatedDirective))"


@pytest.fixture(name="ana")
async def sign_up_ana(house: House) -> Actor:
    """The administrator, who has a password and may sign in."""
    return await house.administrator()


@pytest.fixture(name="console")
async def open_consoles(house: House, browser: Browser) -> AsyncIterator[OpenConsole]:
    """Opens the console for a colleague; what goes wrong in their browser fails the test."""
    wrong: list[str] = []

    async def open_console(at: str = "inbox/open", *, cookie: str = "", before: str = "", **context: Any) -> Page:
        context.setdefault("viewport", {"width": 1440, "height": 900})
        context.setdefault("locale", "en-GB")
        person = await browser.new_context(**context)
        person.set_default_timeout(30_000)
        await person.add_init_script(f"{BROKEN_RULES};{before}")
        # A cookie that is for secure pages alone is set as from one; a loopback page gets it too.
        secure = house.url.replace("http:", "https:")
        await person.add_cookies([{"name": SESSION, "value": cookie or house.ana, "url": secure}])
        page = await person.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if line.text.startswith("csp ") else None)
        await page.goto(f"{house.url}/#/{at}", wait_until="commit")
        # With a customer in the address, what is theirs comes after the list.
        await page.locator(".timeline" if at[-1].isdigit() else ".app .regions").wait_for(state="attached")
        return page

    yield open_console
    assert wrong == []


async def go(page: Page, at: str) -> None:
    """Another place of the console, as a link would lead there."""
    await page.evaluate("at => { location.hash = '#/' + at }", at)


async def answer(house: House, by: Actor, customer: int, seq: int, text: str) -> None:
    """A colleague answers without a browser, having seen everything up to `seq`."""
    await house.hub.replies.send(by, Reply(customer=customer, base={customer: seq}, text=text, client_key=text))


async def focused(page: Page) -> str:
    """What has the focus, by its name for the keyboard's eye: id, else class, else tag."""
    script = "() => { const e = document.activeElement; return e.id || e.className || e.tagName }"
    name: str = await page.evaluate(script)
    return name
