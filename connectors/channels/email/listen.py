"""Mail handed over by the company's own mail server: an SMTP door on this computer, answered 250 once stored."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.channels.email.settings import Mailbox
from hub.ports.channel import Received, Receiver

logger = logging.getLogger(__name__)

LARGEST = 50 * 1024 * 1024
LATER = "451 4.3.0 Not stored, try again later"


class Door:
    """Takes mails for one account. RFC 5321: whoever is told 250 need not keep the mail any longer."""

    def __init__(self, box: Mailbox, receive: Receiver) -> None:
        self._box = box
        self._receive = receive

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        local, _, domain = address.rpartition("@")
        plain = f"{local.partition('+')[0]}@{domain}".lower()
        if plain not in {own.lower() for own in self._box.own}:
            return "550 5.1.1 Nobody here has this address"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content
        assert isinstance(raw, bytes)
        # A mail server that did not hear our 250 brings the same bytes again.
        provider_id = "smtp:" + hashlib.sha256(raw).hexdigest()
        try:
            await self._receive([Received(provider_id=provider_id, body=raw)])
        except Exception:
            logger.exception("A mail could not be stored", extra={"action": "mail_not_stored"})
            return LATER
        return "250 2.0.0 Stored"


async def listen(box: Mailbox, place: tuple[str, int], receive: Receiver) -> None:
    """Hold the door open until cancelled."""
    door: Any = Door(box, receive)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(door, data_size_limit=LARGEST, enable_SMTPUTF8=True, ident="Onethread", loop=loop),
        host=place[0],
        port=place[1],
    )
    async with server:
        await receive.state("ok")
        await server.serve_forever()
