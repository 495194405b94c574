"""Without a connection nothing is locked and nothing is lost; back again, everything is there, once."""

from playwright.async_api import Page, WebSocketRoute, expect

from hub.security import Actor
from tests.agent_ui.console.conftest import OpenConsole
from tests.agent_ui.pages.conftest import House


class Line:
    """The browser's line to the hub, which a test can cut and mend."""

    def __init__(self) -> None:
        self.whole = True
        self._open: list[WebSocketRoute] = []

    async def lay(self, page: Page) -> None:
        await page.route_web_socket("**/console/socket", self._connect)
        await page.reload()

    async def _connect(self, socket: WebSocketRoute) -> None:
        if not self.whole:
            await socket.close()
            return
        self._open.append(socket)
        socket.connect_to_server()

    async def cut(self) -> None:
        self.whole = False
        for socket in self._open:
            await socket.close()
        self._open.clear()


async def test_answer_waits_and_goes_out_once_when_the_line_is_back(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    line = Line()
    await line.lay(page)
    await expect(page.locator(".bubble")).to_have_count(1)

    await line.cut()
    await expect(page.get_by_text("No connection since")).to_be_visible()
    await expect(page.get_by_text("List as of")).to_be_visible()
    await page.get_by_label("Reply to the customer").fill("It is here")
    await page.get_by_role("button", name="Send when it is back").click()
    await expect(page.get_by_text("Waiting to be sent")).to_be_visible()
    await expect(page.get_by_text("1 reply is kept here")).to_be_visible()
    line.whole = True
    await page.get_by_role("button", name="Try now").click()

    await expect(page.locator(".bubble.ours")).to_have_text(["It is here"])
    await expect(page.locator(".delivery")).to_contain_text("Sent")
    await expect(page.get_by_text("No connection since")).to_have_count(0)


async def test_answer_that_waits_survives_a_reload(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    line = Line()
    await line.lay(page)
    await expect(page.locator(".bubble")).to_have_count(1)
    await line.cut()
    await page.get_by_label("Reply to the customer").fill("It is here")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Waiting to be sent")).to_be_visible()

    line.whole = True
    await page.reload()

    await expect(page.locator(".bubble.ours")).to_have_text(["It is here"])


async def test_what_happened_meanwhile_is_caught_up(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    line = Line()
    await line.lay(page)
    await expect(page.locator(".bubble")).to_have_count(1)
    await line.cut()
    await expect(page.get_by_text("No connection since")).to_be_visible()

    await house.receive("And the lid?")
    line.whole = True
    await page.get_by_role("button", name="Try now").click()

    await expect(page.locator(".bubble")).to_have_text(["Is the kettle there?", "And the lid?"])
    await expect(page.get_by_text("Caught up")).to_be_visible()


async def test_ended_session_says_that_drafts_are_kept(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    line = Line()
    await line.lay(page)
    await expect(page.locator(".bubble")).to_have_count(1)
    await page.get_by_label("Reply to the customer").fill("Half a")
    await expect(page.get_by_text("Saved")).to_be_visible()

    await page.context.clear_cookies()
    await line.cut()
    line.whole = True

    await expect(page.get_by_text("You were signed out.")).to_be_visible()
    await expect(page.get_by_text("Your 1 draft is kept")).to_be_visible()
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
