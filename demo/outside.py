"""What customers and the shop do: each step brought to the hub by the way on which it would really come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from demo.cast import Cast
from demo.mails import mail_of
from demo.people import PEOPLE
from demo.script import Chat, FilledForm, FromShop, Leaves, LeavesEmail, Mail, Missed, OrderNews, Step
from hub.bootstrap import Hub
from hub.clock import to_datetime
from hub.ports.channel import Received
from hub.ports.message import Address, CallReport, InboundMessage
from hub.services.forms import Form
from hub.services.visitor_identity import Identity


class Outside:
    """Brings raw mails to the mailbox, words to the chat, forms, calls and orders to their doors."""

    def __init__(self, hub: Hub, cast: Cast) -> None:
        self._hub = hub
        self._cast = cast
        self.acts: dict[type[Step], Callable[[Any], Awaitable[None]]] = {
            Mail: self._mail,
            Chat: self._chat,
            LeavesEmail: self._leaves_email,
            Leaves: self._leaves,
            FilledForm: self._form,
            FromShop: self._from_shop,
            Missed: self._missed,
            OrderNews: self._order,
        }

    async def _mail(self, step: Mail) -> None:
        person = PEOPLE[step.who]
        mail = mail_of(person, step, to_datetime(step.at), self._cast.letter_to(person))
        received = Received(provider_id=f"demo:{step.who}:{step.at}", body=bytes(mail))
        await self._hub.reader.offer(self._cast.accounts["support"].id, [received])
        await self._hub.reader.read_on()
        if not step.sender:
            await self._cast.find(step.who)

    async def _chat(self, step: Chat) -> None:
        browser = await self._browser(step)
        await self._hub.visitors.say(browser, self._cast.accounts["web"], step.text, (), self._cast.next_key())
        window = await self._hub.visitors.window(browser)
        self._cast.customers[step.who] = await self._hub.db.view(
            lambda rd: self._hub.snapshot.customer_of(rd, conversation=window.conversation_id)
        )

    async def _browser(self, step: Chat) -> int:
        """The browser in which they chat, open and, where they are signed in at the shop, identified."""
        web = self._cast.accounts["web"]
        if step.who not in self._cast.browsers:
            browser, _ = await self._hub.visitors.begin(web)
            self._cast.browsers[step.who] = browser
            if step.signed:
                person = PEOPLE[step.who]
                identity = Identity(subject=person.key, email=person.email, name=person.name)
                await self._hub.visitors.identify(browser, web, identity)
        browser = self._cast.browsers[step.who]
        if step.who not in self._cast.here:
            self._cast.here.add(step.who)
            await self._hub.visitors.came(browser)
        return browser

    async def _leaves_email(self, step: LeavesEmail) -> None:
        person = PEOPLE[step.who]
        await self._hub.visitors.leave_email(self._cast.browsers[step.who], person.email, person.name)

    async def _leaves(self, step: Leaves) -> None:
        self._cast.here.discard(step.who)
        await self._hub.visitors.went(self._cast.browsers[step.who])

    async def _form(self, step: FilledForm) -> None:
        person = PEOPLE[step.who]
        form = Form(
            name=person.name,
            email="" if step.call_back else person.email,
            phone=person.phone,
            text=step.text,
            subject=step.subject,
            order=step.order,
            facts=step.facts,
        )
        taken = await self._hub.forms.take(self._cast.accounts["web"], form, sender=person.key)
        self._cast.customers[step.who] = taken.customer_id

    async def _from_shop(self, step: FromShop) -> None:
        person = PEOPLE[step.who]
        message = InboundMessage(
            external_id=f"demo:{step.who}:{step.at}",
            sender=Address(kind="email", address=person.email, name=person.name),
            text=step.text,
            proof="signed",
            proof_method="shop",
        )
        taken = await self._hub.intake.take(self._cast.accounts["api"], message, step.text.encode())
        self._cast.customers[step.who] = taken.customer_id
        self._cast.by_shop.add(step.who)

    async def _missed(self, step: Missed) -> None:
        person = PEOPLE[step.who]
        call = CallReport(external_id=f"demo:{step.who}:{step.at}", phone=person.phone, text=step.text)
        taken = await self._hub.calls.report(self._cast.accounts["phone"], call, call.external_id.encode())
        self._cast.customers[step.who] = taken.customer_id

    async def _order(self, step: OrderNews) -> None:
        await self._hub.orders.put(self._cast.actors["cleo"], "demo", step.number, step.order)
