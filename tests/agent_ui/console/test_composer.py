"""What is written: drafts that outlive everything, answers that are refused rather than sent blindly, notes."""

import asyncio

from playwright.async_api import FilePayload, Page, Route, expect

from hub.ports.message import Address, InboundMessage
from hub.security import Actor
from tests.agent_ui.console.conftest import OpenConsole, answer, focused
from tests.agent_ui.pages.conftest import House

RECEIPT = FilePayload(name="receipt.txt", mimeType="text/plain", buffer=b"79.00")
# Nobody listens there; what is sent is stored all the same.
MAILBOX = {"address": "hello@feldweg.example", "smtp_host": "127.0.0.1", "smtp_port": "9", "smtp_security": "none"}


async def conversation(house: House, console: OpenConsole, *texts: str) -> tuple[int, Page]:
    customer = 0
    for text in texts or ("Is the kettle there?",):
        customer = (await house.receive(text)).customer_id
    return customer, await console(f"inbox/open/{customer}")


async def write_to_us_by_mail(house: House) -> int:
    """A first mail of somebody's; the customer they became."""
    message = InboundMessage(
        external_id="<1@keller.example>",
        sender=Address(kind="email", address="maria@keller.example", name="Maria Keller"),
        text="Is the kettle there?",
        proof="link",
    )
    return (await house.hub.intake.take(await house.account("support"), message, b"1")).customer_id


async def hold_uploads(page: Page) -> asyncio.Event:
    """Uploads arrive, but their answers wait until this is set."""
    answered = asyncio.Event()

    async def answer_later(route: Route) -> None:
        response = await route.fetch()
        await answered.wait()
        await route.fulfill(response=response)

    await page.route("**/console/attachments*", answer_later)
    return answered


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


async def test_name_that_is_not_known_stays_a_gap(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.hub.teams.save_canned(ana, None, name="Greeting", text="Hello {customer.name}, hello.", language="en")
    taken = await house.receive("Is the kettle there?", name="")
    page = await console(f"inbox/open/{taken.customer_id}")

    await page.get_by_label("Reply to the customer").click()
    await page.keyboard.type("/gre")
    await page.keyboard.press("Enter")

    await expect(page.get_by_label("Reply to the customer")).to_have_value("Hello {customer.name}, hello.")


async def test_gap_that_nothing_fills_stops_the_sending(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)

    await page.get_by_label("Reply to the customer").fill("Your order {order.number} is here")

    await expect(page.get_by_text("Still to be filled: order.number")).to_be_visible()
    await expect(page.get_by_role("button", name="Send by API", exact=False).first).to_be_disabled()


async def test_file_is_uploaded_and_sent(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)
    await page.locator("input[type=file]").set_input_files([RECEIPT])
    await expect(page.locator(".composer-files")).to_contain_text("receipt.txt")

    await page.get_by_label("Reply to the customer").fill("Here it is")
    await page.keyboard.press("Control+Enter")

    await expect(page.locator(".bubble.ours .file")).to_contain_text("receipt.txt")


async def test_answer_waits_for_its_file(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)
    answered = await hold_uploads(page)
    await page.locator("input[type=file]").set_input_files([RECEIPT])
    await page.get_by_label("Reply to the customer").fill("Here it is")

    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Goes out as soon as 1 file is stored")).to_be_visible()
    assert await page.locator(".bubble.ours").count() == 0
    answered.set()

    await expect(page.locator(".bubble.ours")).to_contain_text("Here it is")
    await expect(page.locator(".bubble.ours .file")).to_contain_text("receipt.txt")


async def test_answer_goes_to_its_customer_when_its_file_comes_after_they_were_left(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    await house.receive("Somebody else", sender="otto@lind.example")
    _, page = await conversation(house, console)
    answered = await hold_uploads(page)
    await page.locator("input[type=file]").set_input_files([RECEIPT])
    await page.get_by_label("Reply to the customer").fill("Here it is")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="Do not send yet")).to_be_visible()

    await page.locator(".row", has_text="Somebody else").click()
    await expect(page.locator(".bubble")).to_have_text(["Somebody else"])
    answered.set()

    await page.locator(".row", has_text="Here it is").click()
    await expect(page.locator(".bubble.ours .file")).to_contain_text("receipt.txt")
    assert await page.locator(".bubble.ours").count() == 1


async def test_answer_that_waits_is_held_back_by_writing_on(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)
    answered = await hold_uploads(page)
    await page.locator("input[type=file]").set_input_files([RECEIPT])
    await page.get_by_label("Reply to the customer").fill("Here it")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="Do not send yet")).to_be_visible()

    await page.keyboard.type(" is")
    answered.set()

    await expect(page.locator(".composer-files")).to_contain_text("receipt.txt")
    await expect(page.locator(".composer-files progress")).to_have_count(0)
    await expect(page.get_by_label("Reply to the customer")).to_have_value("Here it is")
    assert await page.locator(".bubble.ours").count() == 0


async def test_file_that_failed_stops_the_sending_until_it_is_there(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    _, page = await conversation(house, console)
    await page.route("**/console/attachments*", lambda route: route.abort())
    await page.locator("input[type=file]").set_input_files([RECEIPT])
    await page.get_by_label("Reply to the customer").fill("Here it is")

    await expect(page.get_by_role("alert")).to_contain_text("receipt.txt was not uploaded")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="Send by API")).to_be_disabled()
    await page.unroute("**/console/attachments*")
    await page.locator(".composer-files").get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("button", name="Send by API")).to_be_enabled()
    await page.get_by_role("button", name="Send by API").click()

    await expect(page.locator(".bubble.ours .file")).to_contain_text("receipt.txt")
    await expect(page.locator(".bubble.ours")).to_have_count(1)


async def test_note_carries_its_files(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)
    await page.locator(".timeline").focus()
    await page.keyboard.press("n")

    await page.locator("input[type=file]").set_input_files([RECEIPT])
    await page.get_by_role("button", name="Add note").click()

    await expect(page.locator(".note .file")).to_contain_text("receipt.txt")


async def test_letter_typed_just_before_sending_goes_with_it(house: House, ana: Actor, console: OpenConsole) -> None:
    _, page = await conversation(house, console)
    await page.get_by_label("Reply to the customer").fill("It i")

    # Both in one go, so that nothing is drawn between them.
    await page.evaluate("""() => {
      const field = document.querySelector('#composer-text');
      field.value += 's.';
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true }));
    }""")

    await expect(page.locator(".bubble.ours")).to_have_text("It is.")


async def test_copies_are_offered_where_mail_goes_out(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.hub.accounts.save("support", "email", MAILBOX)
    customer = await write_to_us_by_mail(house)
    page = await console(f"inbox/open/{customer}")
    await page.get_by_label("Reply to the customer").fill("It is here")

    await page.get_by_role("button", name="Add recipients of a copy").click()
    await page.keyboard.type("otto@lind.example, shelf")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("“shelf” is not an e-mail address")
    await expect(page.get_by_role("button", name="Send e-mail")).to_be_disabled()
    await page.get_by_label("Cc", exact=True).fill("otto@lind.example")
    await page.get_by_role("button", name="Send e-mail").click()

    await expect(page.locator(".burst.ours")).to_contain_text("Copy to otto@lind.example")


async def test_reply_taken_back_is_in_the_composer_with_its_copies(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    await house.hub.accounts.save("support", "email", MAILBOX)
    page = await console(f"inbox/open/{await write_to_us_by_mail(house)}")
    await page.get_by_role("button", name="Add recipients of a copy").click()
    await page.keyboard.type("otto@lind.example")
    await page.get_by_label("Reply to the customer").fill("It is here")
    await page.keyboard.press("Control+Enter")

    await page.get_by_role("button", name="Take back").click()

    await expect(page.get_by_label("Reply to the customer")).to_have_value("It is here")
    await expect(page.get_by_label("Cc", exact=True)).to_have_value("otto@lind.example")


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
