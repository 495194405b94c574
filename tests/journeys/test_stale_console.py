"""What a console wrote while its line was down is refused with what was missed, and sent once that was seen."""

from typing import Any

from playwright.async_api import Page, expect

from hub.security import Actor
from tests.agent_ui.console.conftest import OpenConsole, answer, open_consoles, sign_up_ana
from tests.agent_ui.pages.conftest import House, open_house, until

__all__ = ["open_consoles", "open_house", "sign_up_ana"]


async def texts(house: House, customer: int) -> list[str]:
    """What was said to and by this customer, as the hub has it."""
    shown: Any = await house.hub.db.view(house.hub.snapshot.conversation, customer)
    return [entry.text for entry in shown.entries if entry.kind == "message"]


async def send(page: Page, text: str) -> None:
    await page.locator("#composer-text").fill(text)
    await page.locator("#composer-text").press("Control+Enter")


async def test_reply_written_without_a_line_is_refused_when_a_colleague_has_answered(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    taken = await house.receive("Where is my parcel?")
    customer = taken.customer_id
    page = await console(f"inbox/open/{customer}")
    await expect(page.locator(".bubble", has_text="Where is my parcel?")).to_be_visible()

    await page.context.set_offline(True)
    await send(page, "I do not know either.")
    ben = await house.hub.agents.invite(ana, name="Ben Roth", email="ben@feldweg.example", role="agent")
    await answer(house, Actor(id=ben.agent_id, name="Ben Roth", role="agent"), customer, taken.seq, "It comes today.")
    assert await texts(house, customer) == ["Where is my parcel?", "It comes today."]
    await page.context.set_offline(False)

    refused = page.locator(".stale")
    await expect(refused).to_contain_text("Ben Roth answered")
    await expect(refused).to_contain_text("Nothing was sent.")
    await expect(page.get_by_text("It comes today.").last).to_be_visible()
    assert await texts(house, customer) == ["Where is my parcel?", "It comes today."]

    await page.get_by_role("button", name="Send anyway").click()

    async def is_sent() -> bool:
        return (await texts(house, customer))[2:] == ["I do not know either."]

    assert await until(is_sent)
    await expect(refused).to_have_count(0)


async def test_reply_written_without_a_line_goes_out_once_when_nothing_was_missed(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    taken = await house.receive("Where is my parcel?")
    page = await console(f"inbox/open/{taken.customer_id}")
    await expect(page.locator(".bubble", has_text="Where is my parcel?")).to_be_visible()

    await page.context.set_offline(True)
    await send(page, "It comes today.")
    assert await texts(house, taken.customer_id) == ["Where is my parcel?"]
    await page.context.set_offline(False)

    async def is_sent() -> bool:
        return await texts(house, taken.customer_id) == ["Where is my parcel?", "It comes today."]

    assert await until(is_sent)
    await expect(page.locator(".bubble", has_text="It comes today.")).to_have_count(1)
