"""The call note: one key away, saved as it is typed, appended to the conversation."""

from playwright.async_api import expect

from hub.security import Actor
from hub.services.calls import CallNote
from tests.agent_ui.console.conftest import OpenConsole
from tests.agent_ui.pages.conftest import House


async def test_call_is_noted_for_a_customer_found_by_name(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.receive("Is the kettle there?")
    page = await console("inbox/open")
    await expect(page.locator(".row")).to_be_visible()

    await page.keyboard.press("c")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("Keller")
    await page.get_by_role("radio", name="Maria Keller").check()
    await page.get_by_label("What was said").fill("Asked for the kettle")
    await page.get_by_role("radio", name="We owe them something").check()
    await page.get_by_label("Promise").fill("Word when it is in the store")
    await page.keyboard.press("Control+Enter")

    await expect(page.locator(".call")).to_contain_text("Asked for the kettle")
    await expect(page.locator(".call")).to_contain_text("Word when it is in the store")
    await expect(page.locator(".call")).to_contain_text("Claimed")


async def test_note_survives_a_reload(house: House, ana: Actor, console: OpenConsole) -> None:
    page = await console("calls")
    await page.get_by_role("button", name="Note a call").first.click()
    await page.get_by_label("What was said").fill("Wants an invoice")
    await expect(page.get_by_text("Saved")).to_be_visible()

    await page.reload()

    await expect(page.get_by_label("What was said")).to_have_value("Wants an invoice")


async def test_two_calls_are_two_tabs(house: House, ana: Actor, console: OpenConsole) -> None:
    page = await console("calls")
    await page.get_by_role("button", name="Note a call").first.click()
    await page.get_by_label("What was said").fill("First")
    await page.get_by_role("button", name="Note a call").click()
    await page.get_by_label("What was said").fill("Second")

    await page.locator(".call-tab").first.get_by_role("button").first.click()

    await expect(page.get_by_label("What was said")).to_have_value("First")


async def test_candidates_ask_for_a_choice(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.receive("Is the kettle there?")
    page = await console("calls")
    await page.get_by_role("button", name="Note a call").first.click()
    await page.get_by_role("searchbox").fill("Keller")
    await expect(page.get_by_role("radio", name="Maria Keller")).to_be_visible()

    await page.get_by_label("What was said").fill("Asked for the kettle")

    await expect(page.get_by_text("Choose who is calling", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Save note")).to_be_disabled()


async def test_number_typed_to_find_somebody_becomes_nobodys_name(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    page = await console("calls")
    await page.get_by_role("button", name="Note a call").first.click()
    await page.get_by_role("searchbox").fill("+491713920052")
    await page.get_by_label("What was said").fill("Asked for the kettle")

    await page.get_by_role("button", name="Save note").click()

    await expect(page.get_by_role("heading", name="+49 171 392 0052", level=1)).to_be_visible()
    await expect(page.locator(".row-name")).to_have_text("+49 171 392 0052")


async def test_whom_only_a_number_is_known_of_is_called_and_not_written_to(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    _, customer = await house.hub.calls.note(ana, CallNote(phone="+491713920052", text="Asked for the kettle"))
    page = await console(f"inbox/open/{customer}")

    await expect(page.locator(".composer")).to_contain_text("No way to write to them: call +49 171 392 0052")
    await expect(page.get_by_role("link", name="+49 171 392 0052", exact=True)).to_have_attribute(
        "href", "tel:+491713920052"
    )
    await page.get_by_label("Reply to the customer").fill("It is here")
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
