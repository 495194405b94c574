"""The main job: chat, mail, form and phone of one person in one conversation, seen live by two colleagues."""

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx2
from playwright.async_api import Browser, Page, expect

from tests.journeys.conftest import Shop

EMAIL = "mira.sand@mail.example"


async def test_chat_mail_form_and_phone_are_one_conversation(shop: Shop, browser: Browser) -> None:
    _, ana = await shop.colleague(browser, "Ana", "admin")
    _, ben = await shop.colleague(browser, "Ben", "agent")
    visitor = await shop.visitor(browser)

    await write_in_chat(visitor, "Is the tent big enough for two?")
    await leave_email(visitor)
    await open_first(ana, "Is the tent big enough for two?")
    await answer(ana, "Yes, and for a dog.", "Send in chat")
    await expect(visitor.get_by_text("Yes, and for a dog.", exact=True)).to_be_visible()

    await expect(ana.get_by_text(EMAIL).first).to_be_visible()
    await visitor.close()
    await answer(ana, "It weighs 2.4 kg.", "Send in chat")
    await has_said(shop, "It weighs 2.4 kg.")
    [mail] = await shop.outgoing_mail.wait_for(1)

    await reply_by_mail(shop, mail.raw, "Then I take it.")
    await expect(ana.get_by_text("Then I take it.").first).to_be_visible()

    await fill_in_form(shop, "Do you also have the ground sheet?")
    await expect(ana.get_by_text("Do you also have the ground sheet?").first).to_be_visible()
    await note_call(ana, "Called: wants to collect it on Friday.")

    customers = await everybody(shop)
    assert len(customers) == 1
    await open_first(ben, "Mira")
    for page in (ana, ben):
        for words in SAID:
            await expect(page.get_by_role("main").get_by_text(words).first).to_be_visible()
    await assert_dense_and_in_order(shop, customers[0])


SAID = (
    "Is the tent big enough for two?",
    "Yes, and for a dog.",
    "It weighs 2.4 kg.",
    "Then I take it.",
    "Do you also have the ground sheet?",
    "Called: wants to collect it on Friday.",
)


async def write_in_chat(page: Page, text: str) -> None:
    start = page.get_by_role("button", name="Write a message")
    box = page.get_by_role("textbox").first
    await expect(start.or_(box).first).to_be_visible()
    if await start.is_visible():
        await start.click()
    await box.fill(text)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(text, exact=True)).to_be_visible()


async def leave_email(page: Page) -> None:
    await page.get_by_label("E-mail").fill(EMAIL)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("m•••@mail.example").first).to_be_visible()


async def open_first(page: Page, words: str) -> None:
    await page.get_by_role("link", name="All open").click()
    await page.get_by_text(words).first.click()


async def answer(page: Page, text: str, send: str) -> None:
    await page.locator("#composer-text").fill(text)
    await page.get_by_role("button", name=send).first.click()
    await expect(page.locator("#composer-text")).to_have_value("")


async def has_said(shop: Shop, text: str) -> None:
    """Until the hub has it: the composer empties before."""
    async with asyncio.timeout(30):
        while text not in [entry.text for entry in (await timeline(shop, (await everybody(shop))[0])).entries]:
            await shop.hub.log.read_on()


async def timeline(shop: Shop, customer_id: int) -> Any:
    return await shop.hub.db.view(shop.hub.snapshot.conversation, customer_id)


async def reply_by_mail(shop: Shop, raw: bytes, text: str) -> None:
    sent = message_from_bytes(raw, policy=policy.default)
    mail = EmailMessage()
    mail["From"] = f"Mira Sand <{EMAIL}>"
    mail["To"] = shop.mailbox
    mail["Subject"] = f"Re: {sent['Subject']}"
    mail["Message-ID"] = "<answer-1@mail.example>"
    mail["In-Reply-To"] = str(sent["Message-ID"])
    mail["References"] = str(sent["Message-ID"])
    mail.set_content(f"{text}\n\nMira")
    await asyncio.to_thread(shop.post.send, EMAIL, shop.mailbox, bytes(mail))


async def fill_in_form(shop: Shop, text: str) -> None:
    async with httpx2.AsyncClient(base_url=shop.url, trust_env=False) as http:
        filled = {"name": "Mira Sand", "email": EMAIL, "text": text}
        answer = await http.post("/forms/web", data=filled)
        assert answer.status_code == 303


async def note_call(page: Page, text: str) -> None:
    await page.get_by_role("link", name="Calls").click()
    await page.get_by_role("button", name="Note a call").first.click()
    await page.get_by_label("Number, name, order, e-mail").fill("Mira")
    await page.get_by_role("radio", name="Mira").first.check()
    await page.get_by_label("What was said").fill(text)
    await page.get_by_role("button", name="Save note").first.click()


async def everybody(shop: Shop) -> list[int]:
    """Customers on whose screens anything shows."""
    found = await shop.hub.db.view(lambda rd: shop.hub.snapshot.inbox(rd, "open", None, 50))
    return sorted({row.customer_id for row in found.rows})


async def assert_dense_and_in_order(shop: Shop, customer_id: int) -> None:
    opened = await timeline(shop, customer_id)
    assert [conversation.id for conversation in opened.customer.conversations] == [opened.entries[0].conversation_id]
    by_seq = sorted(opened.entries, key=lambda entry: entry.seq)
    assert [entry.seq for entry in by_seq] == list(range(1, len(by_seq) + 1))
    said = [entry.text.splitlines()[0] for entry in opened.entries if entry.kind in {"message", "call"}]
    assert said == list(SAID)
