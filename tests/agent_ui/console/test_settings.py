"""What agents choose for themselves, and what administrators look after: what can be made can be removed again."""

from playwright.async_api import expect

from hub.security import Actor
from tests.agent_ui.console.conftest import OpenConsole
from tests.agent_ui.pages.conftest import House


async def test_team_is_removed_and_brought_back(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.hub.teams.save_team(ana, None, name="Returns", agents=[ana.id])
    page = await console("settings/teams")

    await page.get_by_role("button", name="Change the team Returns").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Its requests stay where they are")
    await page.get_by_role("button", name="Remove the team").click()
    await expect(page.get_by_role("button", name="Change the team Returns")).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()

    await expect(page.locator(".settings-item")).to_have_text(["ReturnsAna RuizChange"])


async def test_canned_reply_is_removed_and_brought_back(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.hub.teams.save_canned(ana, None, name="Greeting", text="Hello", language="en")
    page = await console("settings/canned")

    await page.get_by_role("button", name="Change Greeting").click()
    await page.get_by_role("button", name="Remove").click()
    await expect(page.locator(".settings-item")).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()

    await expect(page.locator(".settings-item")).to_contain_text("Hello")


async def test_nothing_rings_until_somebody_wants_it(house: House, ana: Actor, console: OpenConsole) -> None:
    counted = (
        "window.rung = 0; const Heard = AudioContext;"
        "window.AudioContext = class extends Heard { constructor() { super(); window.rung++ } }"
    )
    page = await console("settings/notifications", before=counted)
    sound = page.get_by_role("switch", name="Sound")
    await page.get_by_role("heading", name="Notifications").click()

    await house.receive("Is the kettle there?")
    await expect(page.get_by_role("status")).to_contain_text(["1 new message"])
    assert await page.evaluate("window.rung") == 0
    await expect(sound).not_to_be_checked()
    await sound.check()

    await page.wait_for_function("window.rung === 1")
