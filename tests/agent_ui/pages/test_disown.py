"""“This was not me”: from a chat over the mail that continues it, on a real mail server, to the page that undoes it."""

import re
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select

from hub import models
from hub.clock import Clock
from hub.database import Statement
from hub.ports.channel import Received
from hub.repositories import identities as identities_sql
from hub.security import Actor
from hub.services import joining
from hub.services.company import Company
from hub.services.replies import Reply
from hub.services.visitor_identity import Identity
from hub.views import CustomerView
from tests.agent_ui.pages.conftest import BOTH, House, until
from tests.parts.browser import axe
from tests.parts.smtp import MailServer, ReceivedMail

MARIA = "maria@keller.example"

ENTRIES = Statement(select(models.entries.c.id, models.entries.c.conversation_id, models.entries.c.text))
CUSTOMERS = Statement(select(models.customers.c.id, models.customers.c.merged_into).order_by(models.customers.c.id))
DELIVERIES = Statement(select(models.deliveries.c.id, models.deliveries.c.state).order_by(models.deliveries.c.id))
VISITORS = Statement(select(models.visitors.c.email))
KINDS = Statement(select(models.events.c.kind))


@dataclass
class Chat:
    """A visitor who typed Maria's address, was answered, and left: the answer went to her."""

    house: House
    ana: Actor
    post: MailServer
    visitor_id: int = 0

    async def begin(self, email: str = MARIA) -> ReceivedMail:
        self.visitor_id, _ = await self.house.hub.visitors.begin(await self.house.account("web"))
        await self.say("Where is my parcel?", "k1")
        await self.house.hub.visitors.leave_email(self.visitor_id, email)
        return await self.answer("It left us yesterday.", 1)

    async def say(self, text: str, key: str) -> None:
        account = await self.house.account("web")
        await self.house.hub.visitors.say(self.visitor_id, account, text, (), key)

    async def answer(self, text: str, mails: int) -> ReceivedMail:
        """Ana answers, the visitor is gone, and the answer goes on by mail."""
        await self.reply(text)
        await self.house.hub.visitors.went(self.visitor_id)
        return (await self.post.wait_for(mails))[-1]

    async def reply(self, text: str) -> None:
        session = await self.customer_id()
        base = await self.house.hub.db.view(
            lambda rd: {e.conversation_id: 99 for e in self.house.hub.snapshot.conversation(rd, session).entries}
        )
        window = await self.house.hub.visitors.window(self.visitor_id)
        reply = Reply(
            customer=session, base=base, text=text, client_key=text, endpoint=window.endpoint_id, account="web"
        )
        await self.house.hub.replies.send(self.ana, reply)

    async def customer_id(self) -> int:
        """The customer on whose screen the chat shows."""
        window = await self.house.hub.visitors.window(self.visitor_id)
        snapshot = self.house.hub.snapshot
        return await self.house.hub.db.view(lambda rd: snapshot.customer_of(rd, conversation=window.conversation_id))

    async def customer(self) -> CustomerView:
        customer_id = await self.customer_id()
        return await self.house.hub.db.view(lambda rd: self.house.hub.snapshot.customer(rd, customer_id))

    async def mail(self, text: str, *, answering: ReceivedMail | None = None, key: str) -> int:
        """A mail from Maria comes in and is filed; the customer on whose screen it shows."""
        raw = EmailMessage()
        raw["From"], raw["To"], raw["Subject"] = f"Maria Keller <{MARIA}>", "help@feldweg.example", "Parcel"
        raw["Message-ID"] = f"<{key}@keller.example>"
        if answering is not None:
            raw["In-Reply-To"] = message_from_bytes(answering.raw)["Message-ID"]
        raw.set_content(text)
        account = await self.house.account("post")
        await self.house.hub.reader.offer(account.id, [Received(provider_id=key, body=raw.as_bytes())])

        async def filed() -> Any:
            return next((row for row in await self.house.rows(ENTRIES) if row.text.strip() == text), None)

        entry = await until(filed)
        snapshot = self.house.hub.snapshot
        return await self.house.hub.db.view(lambda rd: snapshot.customer_of(rd, entry=entry.id))

    async def press(self, link: str) -> httpx2.Response:
        async with self.house.client() as owner:
            pressed = await owner.post(link)
            assert pressed.status_code == 303, pressed.text
            return await owner.get(pressed.headers["location"])


@pytest.fixture(name="chat")
async def open_chat(house: House, outgoing_mail: MailServer) -> Chat:
    settings = {
        "address": "help@feldweg.example",
        "smtp_host": outgoing_mail.host,
        "smtp_port": str(outgoing_mail.port),
        "smtp_security": "none",
    }
    await house.hub.accounts.save("post", "email", settings)
    await house.hub.set_company(Company(name="Feldweg"))
    return Chat(house, await house.administrator(), outgoing_mail)


def link_in(mail: ReceivedMail) -> str:
    parsed = message_from_bytes(mail.raw, policy=policy.default)
    body = parsed.get_body(("plain",))
    assert body is not None
    match = re.search(r"/disown/\S+", body.get_content())
    assert match
    return match[0]


def claims(customer: CustomerView) -> list[str]:
    return [claim.address for claim in customer.says]


def addresses(customer: CustomerView) -> list[str]:
    return [endpoint.address for endpoint in customer.endpoints if endpoint.kind == "email"]


# --- the page ---------------------------------------------------------------------------------------------------


@BOTH
async def test_opening_the_link_changes_nothing(chat: Chat) -> None:
    link = link_in(await chat.begin())
    async with chat.house.client() as scanner:
        pages = [await scanner.get(link) for _ in range(3)]

    assert {page.status_code for page in pages} == {200}
    assert "m•••@keller.example" in pages[0].text
    assert MARIA not in pages[0].text
    assert claims(await chat.customer()) == [MARIA]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_owner_says_it_was_not_them(chat: Chat, browser: Browser, theme: str, width: int) -> None:
    link = link_in(await chat.begin())
    page = await chat.house.page(browser, color_scheme=theme, viewport={"width": width, "height": 800})
    await page.goto(f"{chat.house.url}{link}")
    assert await axe(page) == []

    await page.get_by_role("button", name="This was not me").click()

    await expect(page.get_by_role("heading")).to_have_text("Thank you, it is undone")
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert claims(await chat.customer()) == []


async def test_a_link_that_is_wrong_old_or_for_something_else_does_nothing(chat: Chat, clock: Clock) -> None:
    link = link_in(await chat.begin())
    other = chat.house.hub.keyring.sign("file", "1", clock.now() + 1000)
    unknown = chat.house.hub.keyring.sign("disown", "999999", clock.now() + 1000)
    async with chat.house.client() as client:
        for wrong in ("/disown/x", f"/disown/{other}", f"/disown/{unknown}", f"{link[:-4]}AAAA"):
            assert (await client.get(wrong)).status_code == 410
            assert (await client.post(wrong)).status_code == 410
        clock.move_by(timedelta(days=8))
        assert (await client.get(link)).status_code == 410
        assert (await client.post(link)).status_code == 410

    assert claims(await chat.customer()) == [MARIA]


async def test_another_sites_page_cannot_press_the_button(chat: Chat) -> None:
    link = link_in(await chat.begin())
    async with chat.house.client(**{"sec-fetch-site": "cross-site"}) as evil:
        assert (await evil.post(link)).status_code == 403


# --- what it undoes ---------------------------------------------------------------------------------------------


@BOTH
async def test_an_address_that_was_only_typed_is_forgotten_and_never_written_to_again(chat: Chat) -> None:
    link = link_in(await chat.begin())

    page = await chat.press(link)
    await chat.house.hub.visitors.leave_email(chat.visitor_id, MARIA.upper())
    await chat.reply("Are you still there?")
    await chat.house.hub.visitors.went(chat.visitor_id)
    await chat.mail("A new question", key="new")

    assert "Thank you" in page.text
    assert claims(await chat.customer()) == []
    assert len(chat.post.mails) == 1


@BOTH
async def test_the_visitors_window_shows_the_address_no_more(chat: Chat) -> None:
    link = link_in(await chat.begin())

    await chat.press(link)

    assert (await chat.house.hub.visitors.window(chat.visitor_id)).me.email_hint == ""
    assert [row.email for row in await chat.house.rows(VISITORS)] == [""]


@BOTH
async def test_colleagues_read_it_in_the_chat_and_it_is_written_down_once(chat: Chat) -> None:
    link = link_in(await chat.begin())

    for _ in range(3):
        await chat.press(link)

    owner = await chat.customer_id()
    conversation = await chat.house.hub.db.view(lambda rd: chat.house.hub.snapshot.conversation(rd, owner))
    notes = [entry.text for entry in conversation.entries if entry.kind == "note"]
    assert notes == [f"The owner of {MARIA} says that somebody else wrote this chat."]
    assert (await chat.house.audited()).count(("address_disowned", f"customer:{owner}")) == 1
    assert [row.kind for row in await chat.house.rows(KINDS)].count("address.disowned") == 1


@BOTH
async def test_an_answer_that_gave_the_chat_her_address_is_taken_back(chat: Chat) -> None:
    mail = await chat.begin()
    joined = await chat.mail("Who is this?", answering=mail, key="a1")
    assert joined == await chat.customer_id()
    assert addresses(await chat.customer()) == [MARIA]

    await chat.press(link_in(mail))

    assert addresses(await chat.customer()) == []
    assert (await chat.customer()).provisional
    assert await chat.mail("Now I ask myself", key="a2") != await chat.customer_id()


@BOTH
async def test_a_chat_joined_to_a_known_customer_is_parted_exactly(chat: Chat) -> None:
    maria = await chat.mail("I am the real one", key="m1")
    before = await chat.house.hub.db.view(lambda rd: chat.house.hub.snapshot.conversation(rd, maria))
    mail = await chat.begin()
    alone = await chat.customer_id()
    assert await chat.mail("Who is this?", answering=mail, key="m2") == maria
    assert await chat.customer_id() == maria
    await chat.say("It is me, Maria, really", "k2")

    await chat.press(link_in(mail))

    after = await chat.house.hub.db.view(lambda rd: chat.house.hub.snapshot.conversation(rd, maria))
    assert await chat.customer_id() == alone
    assert [row.merged_into for row in await chat.house.rows(CUSTOMERS)] == [None, None]
    assert [entry.text.strip() for entry in after.entries] == ["I am the real one", "Who is this?"]
    assert after.customer.conversations == before.customer.conversations
    assert addresses(after.customer) == [MARIA]
    assert claims(await chat.customer()) == []
    assert "customer.unmerged" in [row.kind for row in await chat.house.rows(KINDS)]


@BOTH
async def test_answering_the_same_mail_again_joins_nobody_any_more(chat: Chat) -> None:
    maria = await chat.mail("I am the real one", key="m1")
    mail = await chat.begin()
    await chat.mail("Who is this?", answering=mail, key="m2")
    await chat.press(link_in(mail))

    assert await chat.mail("As I said, not me", answering=mail, key="m3") == maria
    assert await chat.customer_id() != maria


@BOTH
async def test_a_typed_address_that_was_disowned_is_not_proven_by_a_late_answer(chat: Chat) -> None:
    mail = await chat.begin()
    await chat.press(link_in(mail))

    hers = await chat.mail("As I said, not me", answering=mail, key="m3")

    assert hers != await chat.customer_id()
    assert addresses(await chat.customer()) == []


@BOTH
async def test_the_second_mail_of_a_joined_chat_undoes_it_too(chat: Chat) -> None:
    maria = await chat.mail("I am the real one", key="m1")
    mail = await chat.begin()
    await chat.mail("Who is this?", answering=mail, key="m2")
    await chat.say("And my refund?", "k2")
    second = await chat.answer("It is on its way.", 2)

    await chat.press(link_in(second))

    assert await chat.customer_id() != maria


@BOTH
async def test_mail_that_still_waits_is_not_sent(chat: Chat) -> None:
    link = link_in(await chat.begin())
    chat.post.refuse(MARIA, "451 4.7.1 Try later")
    await chat.reply("And one more thing.")
    await chat.house.hub.visitors.went(chat.visitor_id)

    async def tried() -> bool:
        return chat.post.attempts > 1 and (await chat.house.rows(DELIVERIES))[-1].state == "queued"

    await until(tried)
    await chat.press(link)

    assert (await chat.house.rows(DELIVERIES))[-1].state == "cancelled"


@BOTH
async def test_what_a_colleague_joined_stays_joined(chat: Chat) -> None:
    maria = await chat.mail("I am the real one", key="m1")
    mail = await chat.begin()
    alone = await chat.customer_id()

    def join(tx: Any) -> None:
        one, other = (tx.one(identities_sql.customer, customer_id=i) for i in (alone, maria))
        joining.merge(tx, one, other, reason="same person", agent_id=chat.ana.id)

    await chat.house.hub.db.unit(join)
    await chat.press(link_in(mail))

    assert await chat.customer_id() == maria


@BOTH
async def test_whom_the_shop_vouches_for_is_told_to_colleagues_only(chat: Chat) -> None:
    mail = await chat.begin()
    account = await chat.house.account("web")
    await chat.house.hub.visitors.identify(chat.visitor_id, account, Identity(subject="u1", email=MARIA))

    page = await chat.press(link_in(mail))

    assert "Thank you" in page.text
    assert addresses(await chat.customer()) == [MARIA]
    texts = [row.text for row in await chat.house.rows(ENTRIES)]
    assert f"The owner of {MARIA} says that somebody else wrote this chat." in texts
