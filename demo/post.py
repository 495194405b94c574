"""The demo's post office on this computer: takes what the hub sends, and brings mails to the hub's door."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session

FULL = "552 5.2.2 Mailbox full"

Listener = Callable[[str, EmailMessage], None]


class PostOffice:
    """An SMTP server for everybody of the story. Mailboxes in `full` take nothing more."""

    def __init__(self, full: set[str]) -> None:
        self._full = full
        self._listeners: list[Listener] = []
        self.port = 0

    def on_mail(self, listener: Listener) -> None:
        """Call `listener(address, mail)` for each mail that arrives."""
        self._listeners.append(listener)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Take mails inside the block, at a port that is free."""
        loop = asyncio.get_running_loop()
        handler: Any = self
        server = await loop.create_server(
            lambda: SMTP(handler, enable_SMTPUTF8=True, ident="Post", loop=loop), host="127.0.0.1", port=0
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower() in self._full:
            return FULL
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        for address in envelope.rcpt_tos:
            for listener in self._listeners:
                listener(address.lower(), mail)
        return "250 Delivered"


def free_port() -> int:
    """A port of this computer that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def bring(mail: EmailMessage, port: int) -> None:
    """Hand a mail to the hub's door; it is stored when this returns."""
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, start_tls=False)
