"""Tells the story to a hub: moves its clock from step to step and does each step through the hub's own intake."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any

from connectors.commerce.demo import order_book
from demo.people import COLLEAGUES, PEOPLE
from demo.script import Person, Step
from hub.bootstrap import Hub
from hub.clock import to_datetime, to_ms
from hub.ports.channel import Received
from hub.ports.message import Address, InboundMessage
from hub.security import Actor
from hub.services.calls import CallNote
from hub.services.customers import Wanted
from hub.services.forms import Form
from hub.services.replies import Reply
from hub.services.visitors import Identity

MAILBOX = "support@feldweg.example"
GATE = "mx.feldweg.example"
UNDO_MS = 11_000
HOUR_MS = 3_600_000

Progress = Callable[[int, int], None]


class Teller:
    """Knows the story's people by the hub's ids as they appear."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._actors: dict[str, Actor] = {}
        self._customers: dict[str, int] = {}
        self._visitors: dict[str, int] = {}
        self._subjects: dict[str, str] = {}
        self._messages = 0

    async def tell(self, steps: Sequence[Step], progress: Progress) -> None:
        """Tell all steps at their own times; afterwards the hub's clock shows the present again."""
        present = self._hub.clock.now()
        self._rows = {row.name: row for row in await self._hub.accounts.every()}
        colleagues = {agent.email: agent for agent in await self._hub.agents.everyone()}
        for key, name, email, role in COLLEAGUES:
            self._actors[key] = Actor(id=colleagues[email].id, name=name, role=role)  # type: ignore[arg-type]
        orders = [(to_ms(item.order.updated_at), item) for item in order_book(to_datetime(present))]
        happenings: list[tuple[int, Any]] = [*((step.at, step) for step in steps), *orders]
        happenings.sort(key=lambda happening: happening[0])
        for done, (at, happening) in enumerate(happenings):
            self._hub.clock.move_to(at)
            if isinstance(happening, Step):
                await getattr(self, f"_{happening.how}")(happening)
            else:
                await self._hub.orders.put(self._actors["cleo"], "demo", happening.number, happening.order)
            progress(done + 1, len(happenings))
        self._hub.clock.move_to(present)

    # --- what customers do ---

    async def _mail(self, step: Step) -> None:
        person = PEOPLE[step.who]
        await self._hub.reader.offer(
            self._rows["support"].id, [Received(provider_id=f"demo:{step.at}", body=bytes(mail_of(person, step)))]
        )
        await self._hub.reader.read_on()
        await self._find(person)

    async def _chat(self, step: Step) -> None:
        person, web = PEOPLE[step.who], self._rows["web"]
        if person.key not in self._visitors:
            self._visitors[person.key], _ = await self._hub.visitors.begin(web)
            if step.signed:
                identity = Identity(subject=person.key, email=person.email, name=person.name)
                await self._hub.visitors.identify(self._visitors[person.key], web, identity)
        visitor = self._visitors[person.key]
        self._messages += 1
        await self._hub.visitors.say(visitor, web, step.text, (), f"demo-{self._messages}")
        if step.leaves_email:
            await self._hub.visitors.leave_email(visitor, person.email, person.name)
        window = await self._hub.visitors.window(visitor)
        self._customers[person.key] = await self._hub.db.view(
            lambda rd: self._hub.snapshot.customer_of(rd, conversation=window.conversation_id)
        )

    async def _form(self, step: Step) -> None:
        person = PEOPLE[step.who]
        form = Form(name=person.name, email=person.email, phone=person.phone, text=step.text)
        taken = await self._hub.forms.take(self._rows["web"], form, sender=person.key)
        self._customers[person.key] = taken.customer_id

    async def _api(self, step: Step) -> None:
        person = PEOPLE[step.who]
        message = InboundMessage(
            external_id=f"demo-{step.at}",
            sender=Address(kind="email", address=person.email, name=person.name),
            text=step.text,
            proof="signed",
            proof_method="shop",
        )
        taken = await self._hub.intake.take(self._rows["api"], message, step.text.encode())
        self._customers[person.key] = taken.customer_id

    # --- what colleagues do ---

    async def _call(self, step: Step) -> None:
        person = PEOPLE[step.who]
        note = CallNote(
            text=step.text,
            customer=self._customers.get(person.key),
            request=await self._open_request(person.key),
            phone=person.phone or None,
            name=person.name,
            outcome=step.outcome,
            promise=step.promise,
            due_at=None if step.due is None else to_datetime(step.due),
            duration_s=240,
        )
        _, self._customers[person.key] = await self._hub.calls.note(self._actors[step.agent], note)

    async def _answer(self, step: Step) -> None:
        if step.who not in self._customers:
            return
        actor = self._actors[step.agent]
        opened = await self._opened(step.who)
        base = {entry.conversation_id: entry.seq for entry in sorted(opened.entries, key=lambda entry: entry.seq)}
        waiting = [request for request in opened.requests if request.status != "resolved"]
        self._messages += 1
        reply = Reply(
            customer=opened.customer.id,
            base=base,
            text=step.text,
            client_key=f"demo-{self._messages}",
            request=max(waiting, key=lambda request: request.id).id if waiting else None,
            resolve=step.resolve,
        )
        await self._hub.replies.send(actor, reply)
        await self._let_go()
        if step.who in self._visitors:
            await self._read_by(self._visitors[step.who])

    async def _let_go(self) -> None:
        """Past the time to undo, and until the post office has it."""
        self._hub.clock.move_to(self._hub.clock.now() + UNDO_MS)
        await self._hub.delivery.work()
        await self._hub.delivery.settled()

    async def _read_by(self, visitor: int) -> None:
        window = await self._hub.visitors.window(visitor)
        ours = [message for message in window.messages if message.sender == "us"]
        if ours:
            await self._hub.visitors.got(visitor, self._rows["web"].id, ours[-1].id)
            await self._hub.visitors.seen(visitor, ours[-1].id)

    async def _note(self, step: Step) -> None:
        await self._hub.replies.note(self._actors[step.agent], self._customers[step.who], step.text)

    async def _status(self, step: Step) -> None:
        await self._hub.requests.set_status(self._actors[step.agent], await self._request(step.who), step.value)

    async def _snooze(self, step: Step) -> None:
        until = to_datetime(step.at + 40 * HOUR_MS)
        await self._hub.requests.snooze(self._actors[step.agent], await self._request(step.who), until)

    async def _mark(self, step: Step) -> None:
        await self._hub.marks.mark(self._actors[step.agent], self._customers[step.who], step.value)

    # --- finding ---

    async def _opened(self, who: str) -> Any:
        return await self._hub.db.view(self._hub.snapshot.conversation, self._customers[who])

    async def _request(self, who: str) -> int:
        opened = await self._opened(who)
        return int(max(request.id for request in opened.requests))

    async def _open_request(self, who: str) -> int | None:
        if who not in self._customers:
            return None
        still = [request for request in (await self._opened(who)).requests if request.status != "resolved"]
        return max((request.id for request in still), default=None)

    async def _find(self, person: Person) -> None:
        page = await self._hub.customers.find(self._actors["cleo"], Wanted(email=person.email))
        if page.customers:
            self._customers[person.key] = page.customers[0].customer.id


def mail_of(person: Person, step: Step) -> EmailMessage:
    """The mail a person's own programme would have sent."""
    mail = EmailMessage()
    mail["From"] = f"{person.name} <{person.email}>"
    mail["To"] = MAILBOX
    mail["Subject"] = step.subject or "Anfrage"
    mail["Date"] = format_datetime(to_datetime(step.at))
    mail["Message-ID"] = make_msgid(idstring=f"{person.key}{step.at}", domain=person.email.partition("@")[2])
    if step.proven:
        domain = person.email.partition("@")[2]
        mail["Authentication-Results"] = f"{GATE}; dmarc=pass header.from={domain}"
    mail.set_content(step.text)
    if step.file:
        mail.add_attachment(photo(), maintype="image", subtype="png", filename=step.file)
    return mail


def photo(width: int = 320, height: int = 220) -> bytes:
    """A small picture, drawn here: a grey kettle shape on a light ground."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            body = (x - 150) ** 2 / 80**2 + (y - 130) ** 2 / 66**2 < 1
            lid = abs(x - 150) < 40 - (78 - y) * 0.6 and 40 < y < 78
            spout = 0 < x - 214 < 70 and abs((y - 120) + (x - 214) * 0.7) < 12
            rows += bytes((86, 99, 107) if body or spout else (52, 62, 68) if lid else (224, 219, 208))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
