"""A hub that can store nothing just now refuses what is sent: nothing is lost, and the console says what is up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import expect

from hub.security import Actor
from hub.sqlite import SqliteDatabase
from tests.agent_ui.console.conftest import OpenConsole, go
from tests.agent_ui.pages.conftest import House


@asynccontextmanager
async def nothing_can_be_written(house: House) -> AsyncIterator[None]:
    """SQLite itself refuses every change, as it does on a disk that takes nothing any more."""

    db = house.hub.db
    assert isinstance(db, SqliteDatabase)
    # By a unit it could be begun and not ended.
    db._db.execute("PRAGMA query_only=ON")
    try:
        yield
    finally:
        db._db.execute("PRAGMA query_only=OFF")


async def test_an_answer_that_cannot_be_stored_stays_in_the_composer_with_the_reason(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    taken = await house.receive("Is the kettle there?")
    other = await house.receive("And mine?", sender="leo@keller.example", name="Leo Keller")
    page = await console(f"inbox/open/{taken.customer_id}")
    field = page.get_by_label("Reply to the customer")
    await field.fill("It is here.")
    await expect(page.get_by_text("Saved")).to_be_visible()

    async with nothing_can_be_written(house):
        await field.press("Control+Enter")
        await expect(page.get_by_role("alert")).to_contain_text("Nothing was sent.")
        await expect(page.get_by_role("alert")).to_contain_text("cannot store anything just now")
        await expect(field).to_have_value("It is here.")
        await expect(page.locator(".bubble.ours")).to_have_count(0)
        # Whatever is there can still be read.
        await go(page, f"inbox/open/{other.customer_id}")
        await expect(page.locator(".bubble")).to_have_text(["And mine?"])
        await go(page, f"inbox/open/{taken.customer_id}")
        await expect(field).to_have_value("It is here.")

    await field.press("Control+Enter")
    await expect(page.locator(".bubble.ours")).to_have_text(["It is here."])
    await expect(field).to_have_value("")


async def test_a_note_that_cannot_be_stored_stays_too(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    await page.locator(".timeline").focus()
    await page.keyboard.press("n")
    field = page.locator(".composer textarea")
    await field.fill("He called twice")

    async with nothing_can_be_written(house):
        await field.press("Control+Enter")
        await expect(page.get_by_role("status").get_by_text("cannot store anything just now")).to_be_visible()
        await expect(field).to_have_value("He called twice")

    await field.press("Control+Enter")
    await expect(page.locator(".timeline").get_by_text("He called twice")).to_be_visible()
