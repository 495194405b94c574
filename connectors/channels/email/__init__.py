"""E-mail: mailboxes read by IMAP, answers sent by SMTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from connectors.channels.email import parse, smtp
from connectors.channels.email.compose import MAX_FILES, ascii_address, compose, id_of, recipients, sender_of
from connectors.channels.email.imap import Store
from connectors.channels.email.lines import Keep, Lines
from connectors.channels.email.listen import listen
from connectors.channels.email.readers import Readers
from connectors.channels.email.settings import SETTINGS, Mailbox, mailbox
from connectors.channels.email.watch import Pace, Watch
from hub.ports.channel import Account, Capabilities, Channel, Probe, Receiver
from hub.ports.errors import ConnectorError, Misconfigured
from hub.ports.message import Item, Part, Sent

logger = logging.getLogger(__name__)


class EmailChannel(Channel):
    """Mail of any mailbox that speaks IMAP and SMTP."""

    name = "email"
    label = "E-mail"
    address_kind = "email"
    capabilities = Capabilities(
        bound_to="address",
        reply=True,
        start=True,
        rich_text=True,
        subject=True,
        copies=True,
        quotes=True,
        receipts=True,
        max_file=MAX_FILES,
        undo_seconds=10,
    )
    settings = SETTINGS

    def __init__(self, pace: Pace | None = None, keep: Keep | None = None) -> None:
        self._pace = pace or Pace()
        self._lines = Lines(keep)
        self._readers = Readers()
        self._copies: set[asyncio.Task[None]] = set()

    def parse(self, account: Account, body: bytes, headers: Mapping[str, str]) -> Sequence[Item]:
        return parse.parse(mailbox(account), body, headers)

    async def read(self, account: Account, body: bytes, headers: Mapping[str, str]) -> Sequence[Item]:
        return await self._readers.read(mailbox(account), body, headers)

    async def run(self, account: Account, receive: Receiver) -> None:
        box = mailbox(account)
        if box.listen is not None:
            await listen(box, box.listen, receive)
        elif box.imap is not None:
            await Watch(box, box.imap, receive, self._pace).hold()

    def id_of(self, account: Account, part: Part) -> str:
        return id_of(mailbox(account), part.message)

    async def send(self, account: Account, part: Part) -> Sent:
        box = mailbox(account)
        if box.smtp is None:
            raise Misconfigured("This account has no server to send through.")
        raw = compose(box, part.message)
        sender = ascii_address(sender_of(box, part.message))
        async with self._lines.line(box.smtp) as client:
            answer = await smtp.submit(client, sender, recipients(part.message), raw)
        if box.sent_copy and not part.message.private:
            self._keep_copy(box, raw)
        given = smtp.amazon_id(box.smtp, answer.text)
        return Sent(
            provider_id=id_of(box, part.message),
            also_known_as=(given,) if given else (),
            details={"refused": answer.refused} if answer.refused else {},
        )

    async def test(self, account: Account) -> Sequence[Probe]:
        try:
            box = mailbox(account)
        except Misconfigured as error:
            return (Probe(step="Settings", ok=False, remedy=error.reason),)
        probes = [Probe(step="Settings", ok=True)]
        if box.imap is not None:
            probes.append(await _probe(f"Read {box.folder} at {box.imap.host}", lambda: _try_reading(box)))
        if box.smtp is not None:
            probes.append(await _probe(f"Sign in to send at {box.smtp.host}", lambda: _try_sending(box)))
        return probes

    async def stop(self) -> None:
        await self._lines.stop()

    def describe(self, account: Account) -> str:
        return mailbox(account).address

    def _keep_copy(self, box: Mailbox, raw: bytes) -> None:
        """In the background: the mail is sent, and must be known as sent, whatever becomes of the copy."""
        task = asyncio.get_running_loop().create_task(_copy_to_sent(box, raw))
        self._copies.add(task)
        task.add_done_callback(self._copies.discard)


async def _copy_to_sent(box: Mailbox, raw: bytes) -> None:
    if box.imap is None:
        return
    store = Store(box, box.imap)

    def append() -> None:
        try:
            store.open()
            store.append_sent(raw)
        finally:
            store.close()

    try:
        await asyncio.to_thread(append)
    except ConnectorError as error:
        logger.warning("No copy in Sent of %s: %s", box.address, error, extra={"action": "sent_copy_failed"})


async def _probe(step: str, attempt: Callable[[], Coroutine[Any, Any, None]]) -> Probe:
    try:
        await attempt()
    except ConnectorError as error:
        return Probe(step=step, ok=False, remedy=f"{error.reason} {error.code}".strip())
    return Probe(step=step, ok=True)


async def _try_reading(box: Mailbox) -> None:
    if box.imap is None:
        return
    store = Store(box, box.imap)
    try:
        await asyncio.to_thread(store.open)
    finally:
        await asyncio.to_thread(store.close)


async def _try_sending(box: Mailbox) -> None:
    if box.smtp is not None:
        client = await smtp.connect(box.smtp)
        client.close()
