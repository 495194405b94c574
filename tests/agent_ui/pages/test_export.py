"""A conversation on paper and as data: everything once, in order, nothing that runs, and written down."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hub.database import Transaction
from hub.ports.message import AttachmentIn
from hub.repositories import identities as identities_sql
from hub.security import Actor
from hub.services import joining
from hub.services.conversations import NewEntry, append
from hub.services.export import PAGE
from tests.agent_ui.pages.conftest import ANA, House
from tests.parts.browser import axe

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


async def conversation(house: House, ana: Actor) -> int:
    """A customer with two requests, a note, a file and a call; their id."""
    letter = AttachmentIn(filename="Maß & <b>.pdf", content_type="application/pdf", data=b"x" * 1500)
    taken = await house.receive("The kettle leaks", subject="Kettle", files=(letter,))
    await house.hub.replies.note(ana, taken.customer_id, "Ask the workshop")
    await house.hub.db.unit(call, taken.conversation_id)
    await house.hub.requests.assign(ana, await request_of(house, taken.customer_id), owner_id=ana.id)
    return taken.customer_id


def call(tx: Transaction, conversation_id: int) -> None:
    details = {"outcome": "call_back", "promise": "A new kettle by Friday"}
    entry = NewEntry(
        conversation_id=conversation_id,
        kind="call",
        author_kind="agent",
        author_name="Ana Ruiz",
        channel="phone",
        text="She called",
        details=details,
    )
    append(tx, entry)


async def request_of(house: House, customer_id: int) -> int:
    view = await house.hub.db.view(lambda rd: house.hub.snapshot.conversation(rd, customer_id))
    return view.requests[0].id


async def printed(house: House, customer_id: int, cookie: str = "") -> str:
    async with house.client(cookie or house.ana) as client:
        answer = await client.get(f"/conversations/{customer_id}/export?format=html")
    assert answer.status_code == 200
    return answer.text


async def test_everything_said_stands_on_paper(house: House) -> None:
    ana = await house.administrator()

    page = await printed(house, await conversation(house, ana))

    for words in ("Conversation with Maria Keller", "maria@keller.example (proven)", "The kettle leaks", "Kettle"):
        assert words in page
    for words in ("Ask the workshop", "internal", "She called", "Call back", "Promised: A new kettle by Friday"):
        assert words in page
    assert "Ana Ruiz gave this to Ana Ruiz" in page
    assert "File: Maß &amp; &lt;b&gt;.pdf, 2 KB" in page
    assert "End of the conversation" in page


async def test_days_and_requests_divide_it(house: House) -> None:
    ana = await house.administrator()

    page = await printed(house, await conversation(house, ana))

    assert len(re.findall('class="day"', page)) == 1
    assert len(re.findall('class="request"', page)) == 1


async def test_the_data_are_whole_and_can_be_read(house: House) -> None:
    ana = await house.administrator()
    customer_id = await conversation(house, ana)
    async with house.client(house.ana) as client:
        answer = await client.get(f"/conversations/{customer_id}/export?format=json")

    exported = answer.json()
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="conversation-{customer_id}.json"')
    assert answer.headers["content-type"] == "application/json"
    assert [entry["kind"] for entry in exported["entries"]] == ["message", "note", "call", "assignment"]
    assert exported["customer"]["name"] == "Maria Keller"
    assert len(exported["requests"]) == 1


async def test_long_conversations_come_whole_in_order_and_once(house: House) -> None:
    await house.administrator()
    taken = await house.receive("first")
    many = PAGE * 2 + 7

    def write(tx: Transaction) -> None:
        for n in range(many):
            # Every second pair at the same moment, so that pages end between equals.
            when = tx.now - 3_600_000 + n // 2
            entry = NewEntry(
                conversation_id=taken.conversation_id,
                kind="note",
                author_kind="agent",
                text=f"n{n}",
                received_time=when,
            )
            append(tx, entry)

    await house.hub.db.unit(write)
    async with house.client(house.ana) as client:
        entries = (await client.get(f"/conversations/{taken.customer_id}/export?format=json")).json()["entries"]
    page = await printed(house, taken.customer_id)

    assert [entry["text"] for entry in entries] == [*(f"n{n}" for n in range(many)), "first"]
    assert page.count("<article") == many + 1


async def test_joined_customers_stand_in_one_timeline(house: House) -> None:
    await house.administrator()
    one = await house.receive("one")
    two = await house.receive("two", sender="maria@work.example")
    three = await house.receive("three")

    def join(tx: Transaction) -> None:
        customer, into = (tx.one(identities_sql.customer, customer_id=i) for i in (two.customer_id, one.customer_id))
        joining.merge(tx, customer, into, reason="same person")

    await house.hub.db.unit(join)
    async with house.client(house.ana) as client:
        for customer_id in (one.customer_id, two.customer_id):
            exported = (await client.get(f"/conversations/{customer_id}/export?format=json")).json()
            assert exported["customer"]["id"] == one.customer_id
            assert [entry["text"] for entry in exported["entries"]] == ["one", "two", "three"]
    assert three.customer_id == one.customer_id


async def test_nothing_on_paper_runs(house: House, browser: Browser) -> None:
    ana = await house.administrator()
    hostile = AttachmentIn(filename=f"{HOSTILE}.txt", content_type="text/plain", data=b"x")
    taken = await house.receive(HOSTILE, subject=HOSTILE, files=(hostile,))
    await house.hub.replies.note(ana, taken.customer_id, HOSTILE)
    page = await house.page(browser, ANA)
    wrong: list[str] = []
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.on("console", lambda line: wrong.append(line.text))

    await page.goto(f"{house.url}/conversations/{taken.customer_id}/export")

    await expect(page.get_by_text(HOSTILE).first).to_be_visible()
    assert await page.locator("script, img").count() == 0
    assert wrong == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_page_has_no_barriers(house: House, browser: Browser, theme: str, width: int) -> None:
    customer_id = await conversation(house, await house.administrator())
    page = await house.page(browser, ANA, color_scheme=theme, viewport={"width": width, "height": 800})

    await page.goto(f"{house.url}/conversations/{customer_id}/export")

    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == width


async def test_it_prints_dark_on_white(house: House, browser: Browser, tmp_path: Path) -> None:
    customer_id = await conversation(house, await house.administrator())
    page = await house.page(browser, ANA, color_scheme="dark")
    await page.goto(f"{house.url}/conversations/{customer_id}/export")

    await page.emulate_media(media="print")

    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(await page.pdf(path=tmp_path / "conversation.pdf")) > 1000


async def test_only_who_may_takes_it_along_and_it_is_written_down(house: House) -> None:
    ana = await house.administrator()
    store = await house.colleague(ana, "Theo", "store")
    customer_id = await conversation(house, ana)
    path = f"/conversations/{customer_id}/export"
    async with house.client() as nobody, house.client(store) as clerk, house.client(house.ana) as client:
        assert (await nobody.get(path)).status_code == 303
        assert (await clerk.get(path)).status_code == 403
        assert (await client.get("/conversations/999999/export")).status_code == 404
        assert (await client.get(f"/conversations/{2**70}/export")).status_code == 404
        assert (await client.get(f"{path}?format=pdf")).status_code == 422
        assert "conversation_exported" not in {action for action, _ in await house.audited()}
        assert (await client.get(path)).status_code == 200

    assert ("conversation_exported", f"customer:{customer_id}") in await house.audited()
