"""The launcher on a shop's page with a strict policy: nothing before intent, a real button, focus given back."""

import gzip

from playwright.async_api import Frame, Page, expect

from agent_ui import assets
from tests.agent_ui.widget.conftest import Visit
from tests.agent_ui.widget.hub_end import HubEnd
from tests.parts.browser import axe

COUNT_SHIFTS = """
window.shift = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
PHONE = {"width": 390, "height": 844}


def gzipped(*names: str) -> int:
    """The weight of entries of the bundle as they travel."""
    return sum(len(gzip.compress((assets.dist() / assets.manifest()[name]).read_bytes(), 9)) for name in names)


async def open_panel(page: Page, word: str = "Help") -> Frame:
    await page.get_by_role("button", name=word).click()
    await expect(page.locator("dialog.ready")).to_be_visible()
    return page.frames[1]


def test_launcher_and_frame_keep_their_weight() -> None:
    assert gzipped("launcher.js") <= 3_000
    assert gzipped("frame.js", "frame.css") <= 35 * 1024


async def test_nothing_of_the_chat_is_loaded_before_somebody_wants_it(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.shop)

    await page.get_by_role("button", name="Help").hover()

    assert len(page.frames) == 1
    assert hub.hellos == []


async def test_keyboard_opens_the_panel_and_escape_gives_focus_back(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.shop)
    button = page.locator("button.open")

    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog.ready")).to_be_visible()
    await expect(button).to_have_attribute("aria-expanded", "true")
    await expect(page.frames[1].locator("h1")).to_be_focused()
    await page.keyboard.press("Escape")

    await expect(page.locator("dialog")).to_be_hidden()
    await expect(button).to_be_focused()
    await expect(button).to_have_attribute("aria-expanded", "false")


async def test_panel_is_modal_on_phones_only(hub: HubEnd, visit: Visit) -> None:
    for viewport, modal in ((PHONE, True), ({"width": 1280, "height": 820}, False)):
        page = await visit(hub.shop, viewport=viewport)
        await open_panel(page)

        assert await page.locator("dialog").evaluate("panel => panel.matches(':modal')") is modal
        box = await page.locator("dialog").bounding_box()
        assert box
        assert (box["width"], box["height"]) == ((390, 844) if modal else (384, 640))


async def test_page_does_not_shift(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.shop, before=COUNT_SHIFTS)

    await open_panel(page)

    assert await page.evaluate("window.shift") == 0


async def test_button_counts_what_came_while_the_panel_was_closed(hub: HubEnd, visit: Visit) -> None:
    hub.message("Is the kettle there?")
    page = await visit(hub.shop)
    frame = await open_panel(page)
    await expect(frame.get_by_text("Is the kettle there?")).to_be_visible()
    await page.keyboard.press("Escape")

    await hub.say("It is.")

    await expect(page.get_by_role("button", name="Help. New messages: 1")).to_be_visible()


async def test_next_page_loads_the_chat_at_once_only_where_there_is_a_conversation(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.shop)
    frame = await open_panel(page)
    await page.goto(f"{hub.shop}?next")
    assert len(page.frames) == 1

    frame = await open_panel(page)
    await frame.get_by_role("button", name="Write a message").click()
    await page.keyboard.type("Hello")
    await page.keyboard.press("Enter")
    await expect(frame.get_by_text("Sent")).to_be_visible()
    hellos = len(hub.hellos)
    await page.goto(hub.shop)

    await hub.until(lambda: len(hub.hellos) > hellos)
    await expect(page.locator("dialog")).to_be_hidden()
    assert await page.evaluate("JSON.stringify({ ...localStorage })") == '{"onethread.web":"1"}'


async def test_identity_given_before_loading_comes_with_the_first_hello(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.shop, before="window.onethread = function () { (onethread.q ??= []).push(arguments) }")
    await page.get_by_role("button", name="Help").wait_for()

    await page.evaluate("onethread('identify', 'signed')")
    await page.evaluate("onethread('open')")
    await hub.until(lambda: hub.hellos)

    assert [hello["identity"] for hello in hub.hellos] == ["signed"]
    assert hub.hellos[0]["page"] == {"url": hub.shop, "title": "Kettle Alba"}


async def test_identity_that_does_not_hold_leaves_the_chat_working(hub: HubEnd, visit: Visit) -> None:
    hub.doubted = "expired"
    page = await visit(hub.shop)
    frame = await open_panel(page)

    await page.evaluate("onethread('identify', 'expired')")
    await hub.until(lambda: len(hub.hellos) == 3)

    assert [hello["identity"] for hello in hub.hellos] == [None, "expired", None]
    await expect(frame.get_by_role("heading", name="Hello, how can we help?")).to_be_visible()


async def test_leave_ends_the_session_and_forgets_the_flag(hub: HubEnd, visit: Visit) -> None:
    hub.message("Hello")
    page = await visit(hub.shop)
    await open_panel(page)

    await page.evaluate("onethread('leave')")
    await hub.called("leave")
    await hub.until(lambda: len(hub.hellos) == 2)

    assert hub.hellos[1]["token"] is None
    await expect(page.locator("dialog")).to_be_hidden()


async def test_messages_of_others_are_not_heard(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.shop)
    await open_panel(page)

    await page.evaluate("window.postMessage({ onethread: 'unread', value: 99 }, '*')")
    await page.evaluate("window.postMessage({ onethread: 'close' }, '*')")
    await hub.say("Still here")

    await expect(page.locator("dialog")).to_be_visible()
    await expect(page.locator("b")).to_be_empty()


async def test_launcher_speaks_the_language_of_the_page(hub: HubEnd, visit: Visit) -> None:
    page = await visit(f"{hub.shop}?language=de-AT")

    frame = await open_panel(page, "Hilfe")

    await expect(frame.get_by_role("heading", name="Hallo, wie können wir helfen?")).to_be_visible()


async def test_frame_that_does_not_answer_can_be_closed_and_tried_again(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.shop, viewport=PHONE)
    await page.route("**/widget/frame*", lambda route: route.abort())
    await page.get_by_role("button", name="Help").click()
    await expect(page.get_by_text("The chat does not answer.")).to_be_visible(timeout=15_000)

    await page.locator("dialog").get_by_role("button", name="Close chat").click()
    await page.unroute("**/widget/frame*")

    await open_panel(page)


async def test_shop_page_with_the_panel_has_no_barriers(hub: HubEnd, visit: Visit) -> None:
    for theme in ("light", "dark"):
        for viewport in (PHONE, {"width": 1280, "height": 820}):
            page = await visit(hub.shop, viewport=viewport, color_scheme=theme)
            await open_panel(page)
            assert await axe(page) == []
