"""The whole way by keyboard: letters act outside fields alone, and the focus is never lost."""

from playwright.async_api import expect

from hub.security import Actor
from tests.agent_ui.console.conftest import OpenConsole, focused
from tests.agent_ui.pages.conftest import House

# What AltGr writes on a Polish and a German keyboard.
LETTERS = "ąęóśńż€@{["


async def test_j_and_k_walk_through_the_list(house: House, ana: Actor, console: OpenConsole) -> None:
    for number in range(3):
        await house.receive(f"Question {number}", sender=f"c{number}@lind.example")
    page = await console("inbox/open")
    await expect(page.locator(".row")).to_have_count(3)

    for _ in range(3):
        await page.keyboard.press("j")
    await expect(page.locator(".row.chosen")).to_contain_text("Question 2")
    await page.keyboard.press("k")

    await expect(page.locator(".row.chosen")).to_contain_text("Question 1")
    await expect(page.locator(".bubble")).to_have_text("Question 1")


async def test_list_is_one_tab_stop(house: House, ana: Actor, console: OpenConsole) -> None:
    for number in range(3):
        await house.receive(f"Question {number}", sender=f"c{number}@lind.example")
    page = await console("inbox/open")
    await expect(page.locator(".row")).to_have_count(3)

    assert await page.locator(".row[tabindex='0']").count() == 1
    await page.locator(".row[tabindex='0']").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")

    await expect(page.locator(".bubble")).to_have_text("Question 1")


async def test_letters_in_a_field_are_letters(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    field = page.get_by_label("Reply to the customer")
    await field.click()

    await page.keyboard.type(f"ejkinc{LETTERS}")

    await expect(field).to_have_value(f"ejkinc{LETTERS}")
    await expect(page.locator(".chip .status")).to_have_text("New")


async def test_altgr_and_composition_are_no_commands(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    await page.locator(".timeline").focus()

    await page.evaluate(
        """() => {
          const press = given => document.activeElement.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'e', bubbles: true, cancelable: true, ...given }));
          press({ altKey: true });
          press({ modifierAltGraph: true, ctrlKey: true, altKey: true });
          press({ isComposing: true });
        }"""
    )

    await expect(page.locator(".toast")).to_have_count(0)
    await expect(page.locator(".chip .status")).to_have_text("New")


async def test_single_letters_can_be_turned_off(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console("settings/keys")
    await page.get_by_role("switch", name="Single letters are keys").uncheck()
    await page.evaluate("id => { location.hash = `#/inbox/open/${id}` }", taken.customer_id)
    await page.locator(".timeline").focus()

    await page.keyboard.press("e")

    await expect(page.locator(".toast")).to_have_count(0)
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="All commands")).to_be_focused()


async def test_what_is_typed_right_after_a_key_is_written(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    await expect(page.locator(".bubble")).to_be_visible()
    await page.locator(".timeline").focus()

    await page.keyboard.type("neek")

    await expect(page.get_by_role("textbox", name="Internal note")).to_have_value("eek")
    await page.keyboard.press("Escape")
    await page.keyboard.type("/kettle")
    await expect(page.get_by_role("searchbox")).to_have_value("kettle")


async def test_palette_finds_a_command_by_its_words(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    await expect(page.locator(".bubble")).to_be_visible()

    await page.keyboard.press("Control+k")
    await page.keyboard.type("assign to me")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("link", name="Mine 1")).to_be_visible()


async def test_focus_comes_back_after_a_menu_and_a_dialog(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    await page.locator("#snooze-menu").focus()

    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="In 3 hours")).to_be_focused()
    await page.keyboard.press("Escape")
    assert await focused(page) == "snooze-menu"

    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await focused(page) == "snooze-menu"


async def test_focus_is_not_lost_on_a_phone(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.receive("Is the kettle there?")
    page = await console("inbox/open", viewport={"width": 390, "height": 844})
    await page.locator(".row").focus()

    await page.keyboard.press("Enter")
    await expect(page.locator(".timeline")).to_be_focused()
    await page.keyboard.press("u")

    await expect(page.locator(".row")).to_be_focused()
