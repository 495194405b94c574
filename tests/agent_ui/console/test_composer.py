"""What is written: drafts that outlive everything, answers that are refused rather than sent blindly, notes."""

from playwright.async_api import FilePayload, Page, expect

from hub.security import Actor
from tests.agent_ui.console.conftest import OpenConsole, answer, focused
from tests.agent_ui.pages.conftest import House

BEN = "ben@feldweg.example"


async def conversation(house: House, console: OpenConsole, *texts: str) -> tuple[int, Page]:
    customer = 0
    for text in texts or ("Is the kettle there?",):
        customer = (await house.receive(text)).customer_id
    return customer, await console(f"inbox/open/{customer}")


async def test_answer_is_sent_with_the_keyboard_and_shows_how_far_it_got(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    _, page = await conversation(house, console)
    await expect(page.get_by_text("they wrote here")).to_be_visible()
    await page.locator(".timeline").focus()

    await page.keyboard.press("r")
    await page.keyboard.type("It is.")
    await page.keyboard.press("Control+Enter")

    await expect(page.locator(".bubble")).to_have_text(["Is the kettle there?", "It is."])
    await expect(page.locator(".delivery")).to_contain_text("Sent")
    await expect(page.get_by_label("Reply to the customer")).to_have_value("")


async def test_draft_is_on_the_server_and_opens_in_another_browser(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    customer, page = await conversation(house, console)
    await page.get_by_label("Reply to the customer").fill("Half a")
    await expect(page.get_by_text("Saved")).to_be_visible()

    elsewhere = await console(f"inbox/open/{customer}")

    await expect(elsewhere.get_by_label("Reply to the customer")).to_have_value("Half a")
    await expect(elsewhere.locator(".row")).to_contain_text("Draft")


async def test_draft_never_shows_with_another_customer(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.receive("Somebody else", sender="otto@lind.example")
    _, page = await conversation(house, console)
    await page.get_by_label("Reply to the customer").fill("For Maria alone")

    await page.locator(".row", has_text="Somebody else").click()

    await expect(page.locator(".bubble")).to_have_text(["Somebody else"])
    await expect(page.get_by_label("Reply to the customer")).to_have_value("")
    await page.locator(".row", has_text="Is the kettle there?").click()
    await expect(page.get_by_label("Reply to the customer")).to_have_value("For Maria alone")


async def test_answer_that_a_colleague_overtook_is_refused_with_what_was_missed(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    customer, page = await conversation(house, console)
    ben = (await house.hub.sessions.session_of(await house.colleague(ana, "Ben", "agent"))).actor
    await page.get_by_label("Reply to the customer").fill("Good news")
    await answer(house, ben, customer, 1, "Ben was faster")

    await page.keyboard.press("Control+Enter")

    await expect(page.get_by_role("alert")).to_contain_text("Nothing was sent")
    await expect(page.get_by_role("alert")).to_contain_text("Ben was faster")
    await expect(page.get_by_label("Reply to the customer")).to_have_value("Good news")
    await page.get_by_role("button", name="Send anyway").click()
    await expect(page.locator(".bubble.ours")).to_have_text(["Ben was faster", "Good news"])


async def test_note_looks_different_and_never_goes_out(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)
    await page.locator(".timeline").focus()

    await page.keyboard.press("n")
    await page.keyboard.type("Ask @Ben about the shelf")
    await expect(page.get_by_role("button", name="Add note")).to_be_visible()
    await page.keyboard.press("Control+Enter")

    await expect(page.locator(".note")).to_contain_text("Internal")
    await expect(page.locator(".note")).to_contain_text("Ask @Ben about the shelf")
    assert await page.locator(".bubble.ours").count() == 0


async def test_canned_reply_is_found_by_a_slash_and_filled(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.hub.teams.save_canned(
        ana, None, name="Greeting", text="Hello {customer.name}, {agent.name} here.", language="en"
    )
    _, page = await conversation(house, console)

    await page.get_by_label("Reply to the customer").click()
    await page.keyboard.type("/gre")
    await page.keyboard.press("Enter")

    await expect(page.get_by_label("Reply to the customer")).to_have_value("Hello Maria Keller, Ana Ruiz here.")


async def test_gap_that_nothing_fills_stops_the_sending(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)

    await page.get_by_label("Reply to the customer").fill("Your order {order.number} is here")

    await expect(page.get_by_text("Still to be filled: order.number")).to_be_visible()
    await expect(page.get_by_role("button", name="Send by API", exact=False).first).to_be_disabled()


async def test_file_is_uploaded_and_sent(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)
    upload = FilePayload(name="receipt.txt", mimeType="text/plain", buffer=b"79.00")
    await page.locator("input[type=file]").set_input_files([upload])
    await expect(page.locator(".composer-files")).to_contain_text("receipt.txt")

    await page.get_by_label("Reply to the customer").fill("Here it is")
    await page.keyboard.press("Control+Enter")

    await expect(page.locator(".bubble.ours .file")).to_contain_text("receipt.txt")


async def test_send_and_solve_does_both(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)
    await page.get_by_label("Reply to the customer").fill("It is here")

    await page.keyboard.press("Control+Shift+Enter")

    await expect(page.locator(".bubble.ours")).to_have_text("It is here")
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()


async def test_escape_leaves_the_composer_for_the_thread(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)
    await page.get_by_label("Reply to the customer").click()

    await page.keyboard.press("Escape")

    assert await focused(page) == "timeline"
