"""The list of who waits: arrivals, views, rows that stay where the pointer is, the address that comes back."""

from playwright.async_api import expect

from hub.security import Actor
from hub.services.forms import Form
from tests.agent_ui.console.conftest import OpenConsole, go
from tests.agent_ui.pages.conftest import House

SECOND = "otto@lind.example"


async def test_message_shows_up_by_itself(house: House, ana: Actor, console: OpenConsole) -> None:
    page = await console("inbox/unassigned")
    await expect(page.get_by_text("Nothing waits unassigned")).to_be_visible()

    await house.receive("Is the kettle there?")

    await expect(page.locator(".row")).to_contain_text("Is the kettle there?")
    await expect(page.get_by_role("link", name="Unassigned 1")).to_be_visible()


async def test_row_under_the_pointer_stays_and_new_ones_gather_in_a_bar(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    await house.receive("First")
    page = await console("inbox/open")
    await page.locator(".row").hover()

    await house.receive("Second", sender=SECOND)

    await expect(page.get_by_role("button", name="1 new conversation")).to_be_visible()
    await expect(page.locator(".row")).to_have_count(1)
    await page.get_by_role("button", name="1 new conversation").click()
    await expect(page.locator(".row")).to_have_count(2)


async def test_request_taken_is_mine_and_can_be_given_back(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/unassigned/{taken.customer_id}")
    await page.locator(".timeline").focus()

    await page.keyboard.press("i")

    await expect(page.get_by_role("link", name="Mine 1")).to_be_visible()
    await expect(page.get_by_role("button", name="Owner: Ana Ruiz. Give to somebody else")).to_be_visible()
    await page.keyboard.press("z")
    await expect(page.get_by_role("link", name="Mine 0")).to_be_visible()


async def test_reload_and_back_lead_where_one_was(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console("inbox/open")
    await page.locator(".row").click()
    await expect(page.get_by_role("heading", name="Maria Keller", level=1)).to_be_visible()

    await page.reload()

    await expect(page.get_by_role("heading", name="Maria Keller", level=1)).to_be_visible()
    assert f"/{taken.customer_id}" in page.url
    await page.go_back()
    await expect(page.get_by_role("heading", name="Choose a conversation")).to_be_visible()


async def test_search_marks_the_words_and_leads_to_the_message(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.receive("Is the kettle there?")
    page = await console("find/all")

    await page.get_by_role("searchbox").fill("kettle")

    await expect(page.locator(".hit mark").first).to_have_text("kettle")
    await page.locator(".hit", has=page.locator("mark")).last.click()
    await expect(page.locator(".bubble")).to_have_text(["Is the kettle there?"])


async def test_spam_leaves_the_inbox_and_comes_back_when_undone(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Buy followers")
    page = await console(f"inbox/open/{taken.customer_id}")
    await page.get_by_role("button", name="More", exact=True).click()

    await page.get_by_role("menuitem", name="Spam").click()

    await expect(page.locator(".row")).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(".row")).to_have_count(1)


async def test_count_stands_in_the_title(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    await page.locator(".timeline").focus()

    await page.keyboard.press("i")

    await expect(page).to_have_title("(1) Onethread")
    await go(page, "inbox/mine")
    await page.locator(".row").hover()


async def test_draft_marks_the_request_it_answers_alone(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    await expect(page.locator(".row")).to_have_count(1)
    await house.hub.requests.open(ana, taken.customer_id, "Another matter", "", "k")
    await expect(page.locator(".row")).to_have_count(2)

    await page.locator(".chip", has_text="Another matter").click()
    await page.get_by_label("Reply to the customer").fill("Half a")

    await expect(page.locator(".row", has_text="Draft")).to_have_count(1)
    await expect(page.locator(".row", has_text="Draft")).to_contain_text("Another matter")


async def test_form_reads_as_a_form(house: House, ana: Actor, console: OpenConsole) -> None:
    form = Form(phone="+491713920052", name="Emil Krause", text="Please call me back")
    taken = await house.hub.forms.take(await house.account("web"), form, sender="198.51.100.7")

    page = await console(f"inbox/open/{taken.customer_id}")

    await expect(page.locator(".row")).to_contain_text("Web form")
    await expect(page.locator(".burst .head")).to_contain_text("Web form")


async def test_first_message_goes_from_the_mailbox_unless_chosen_otherwise(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    nowhere = {"address": "help@feldweg.example", "smtp_host": "127.0.0.1", "smtp_port": "1", "smtp_security": "none"}
    await house.hub.accounts.save("support", "email", nowhere)
    page = await console("inbox/open")

    await page.get_by_role("button", name="New message").click()
    await expect(page.get_by_label("From").locator("option").first).to_have_text("E-mail · help@feldweg.example")
    await page.get_by_label("To", exact=True).fill(SECOND)
    await page.get_by_label("Message", exact=True).fill("Your kettle is here")
    await page.get_by_role("button", name="Send", exact=True).click()

    await expect(page.locator(".bubble.ours")).to_contain_text("Your kettle is here")
    await expect(page.get_by_role("heading", name=SECOND).first).to_be_visible()


async def test_first_message_by_the_shops_own_backend_takes_any_address(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    taken = await house.receive("Is the kettle there?", sender=SECOND)
    page = await console("inbox/open")

    await page.get_by_role("button", name="New message").click()
    await page.get_by_label("To", exact=True).fill(SECOND)
    await page.get_by_label("Message", exact=True).fill("Your kettle is here")
    await page.get_by_role("button", name="Send", exact=True).click()

    await expect(page.locator(".bubble.ours")).to_contain_text("Your kettle is here")
    assert f"/{taken.customer_id}" in page.url
