"""The widget with the hub itself behind it: written in a browser, answered by a colleague, kept across visits."""

from playwright.async_api import Browser, Page, expect

from hub.security import Actor
from hub.services.replies import Reply
from tests.agent_ui.pages.conftest import House, open_house
from tests.parts.browser import axe

__all__ = ["open_house"]

# A new hub numbers from one: the visitor's is the first conversation, their message its first entry.
CONVERSATION, FIRST_MESSAGE = 1, 1


async def write(house: House, browser: Browser, text: str) -> Page:
    page = await house.page(browser)
    await page.goto(f"{house.url}/widget/frame?account=web&language=en")
    await page.get_by_role("button", name="Write a message").click()
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Delivered")).to_be_visible()
    return page


async def answer(house: House, by: Actor, text: str) -> None:
    customer = await house.hub.conversations.owner(CONVERSATION)
    seen = {CONVERSATION: FIRST_MESSAGE}
    await house.hub.replies.send(by, Reply(customer=customer, base=seen, text=text, client_key=text))


async def test_answer_of_a_colleague_comes_at_once_under_her_first_name(house: House, browser: Browser) -> None:
    ana = await house.administrator()
    page = await write(house, browser, "Is the kettle there?")

    await answer(house, ana, "It is, until 17 March.")

    await expect(page.locator(".bubble")).to_have_text(["Is the kettle there?", "It is, until 17 March."])
    await expect(page.get_by_role("heading", name="Ana", exact=True)).to_be_visible()
    await expect(page.get_by_role("log")).to_have_text("Ana: It is, until 17 March.")
    assert await axe(page) == []


async def test_conversation_is_there_again_after_a_reload(house: House, browser: Browser) -> None:
    ana = await house.administrator()
    page = await write(house, browser, "Is the kettle there?")
    await answer(house, ana, "It is.")
    await expect(page.get_by_text("It is.", exact=True).first).to_be_visible()

    await page.reload()

    await expect(page.locator(".bubble")).to_have_text(["Is the kettle there?", "It is."])


async def test_address_left_is_said_back_masked(house: House, browser: Browser) -> None:
    page = await write(house, browser, "Is the kettle there?")

    await page.get_by_label("E-mail").fill("maria@keller.example")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_text("We will write to m•••@keller.example.")).to_be_visible()


async def test_forgotten_chat_begins_anew(house: House, browser: Browser) -> None:
    page = await write(house, browser, "Is the kettle there?")
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Forget this chat").click()

    await page.get_by_role("button", name="Forget it").click()

    await expect(page.get_by_role("heading", name="Hello, how can we help?")).to_be_visible()
    await expect(page.get_by_text("Your conversation")).to_be_hidden()
