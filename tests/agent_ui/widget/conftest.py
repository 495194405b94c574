"""What the tests of the widget ask for by name: the hub's end, and people with a browser."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page

from tests.agent_ui.widget.hub_end import HubEnd, hub_end

Visit = Callable[..., Awaitable[Page]]

# Tests look into the launcher's shadow root, which is closed to the shop's scripts.
OPEN_SHADOW = (
    "const attach = Element.prototype.attachShadow;"
    "Element.prototype.attachShadow = function (options) { return attach.call(this, { ...options, mode: 'open' }) }"
)
BROKEN_RULES = "addEventListener('securitypolicyviolation', event => console.error('csp ' + event.violatedDirective))"


@pytest.fixture(name="hub")
async def play_hub() -> AsyncIterator[HubEnd]:
    """A hub's end that the test plays."""
    async with hub_end() as end:
        yield end


@pytest.fixture(name="visit")
async def open_browsers(browser: Browser) -> AsyncIterator[Visit]:
    """Opens an address as a visitor with a browser of their own; what goes wrong in it fails the test."""
    wrong: list[str] = []

    async def visit(url: str, *, before: str = "", **context: object) -> Page:
        context.setdefault("viewport", {"width": 1280, "height": 820})
        context.setdefault("locale", "en-GB")
        person = await browser.new_context(**context)  # type: ignore[arg-type]
        person.set_default_timeout(30_000)
        await person.add_init_script(f"{OPEN_SHADOW};{BROKEN_RULES};{before}")
        page = await person.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if line.text.startswith("csp ") else None)
        await page.goto(url)
        return page

    yield visit
    assert wrong == []
