"""What could not be read is shown so, and read once more by a click when its reason is mended."""

from playwright.async_api import expect
from sqlalchemy import bindparam, select, update

from hub.database import Statement
from hub.models import entries, intake
from hub.ports.channel import Received
from hub.security import Actor
from tests.agent_ui.console.conftest import OpenConsole
from tests.agent_ui.pages.conftest import House, until

SAID = (
    b'{"type": "message.received", "timestamp": "2026-11-03T09:30:00Z", '
    b'"data": {"sender": {"id": "c-9", "name": "Tove"}, "message": {"id": "m-1", "text": "Where is it?"}}}'
)
STAND_INS = Statement(select(entries.c.id).where(entries.c.unreadable))
MEND = Statement(update(intake).values(body=bindparam("mended", type_=intake.c.body.type)))


async def test_what_could_not_be_read_is_read_once_more(house: House, ana: Actor, console: OpenConsole) -> None:
    account = await house.account("api")
    await house.hub.reader.offer(account.id, [Received(provider_id="1", body=b"{")])
    await until(lambda: house.rows(STAND_INS))
    page = await console("inbox/open/1")
    again = page.locator(".unreadable").get_by_role("button", name="Try again")

    await again.click()
    await expect(page.locator(".toast.bad-toast")).to_contain_text("could not be read")
    await house.hub.db.unit(lambda tx: tx.run(MEND, mended=SAID))
    await again.click()

    await expect(page.locator(".bubble")).to_contain_text("Where is it?")
