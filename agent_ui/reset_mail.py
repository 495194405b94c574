"""Mails a colleague the link for a new password, through an account of the shop that can start a mail."""

from __future__ import annotations

import logging

from agent_ui.texts import translator
from hub.bootstrap import Hub
from hub.ports.channel import Account, Channel
from hub.ports.errors import ConnectorError
from hub.ports.message import Address, OutboundMessage
from hub.services.agents import Forgotten

logger = logging.getLogger(__name__)


async def mail_reset_link(hub: Hub, email: str, language: str) -> None:
    """Send who has this address a link, if there is a way to send. Whoever asked learns nothing of it."""
    forgotten = await hub.agents.forgotten(email)
    if forgotten is None:
        return
    for channel, account in await ways(hub):
        try:
            for part in channel.split(account, reset_mail(hub, forgotten, language)):
                await channel.send(account, part)
        except ConnectorError as problem:
            logger.warning("A reset link could not be mailed: %s", problem, extra={"action": "reset_lost"})
        else:
            return
    logger.warning("There is no account to mail a reset link from.", extra={"action": "reset_lost"})


async def ways(hub: Hub) -> list[tuple[Channel, Account]]:
    """The accounts through which a mail can be begun, the oldest first."""
    rows = [(hub.channels.get(row.channel), row) for row in await hub.accounts.every()]
    return [
        (channel, hub.accounts.open(row))
        for channel, row in rows
        if channel and channel.address_kind == "email" and channel.capabilities.start
    ]


def reset_mail(hub: Hub, forgotten: Forgotten, language: str) -> OutboundMessage:
    t = translator(language, "mail")
    link = hub.settings.url + forgotten.link.path
    return OutboundMessage(
        key=hub.keyring.hash(link),
        to=Address(kind="email", address=forgotten.email, name=forgotten.name),
        subject=t("reset.subject"),
        text=t("reset.text", name=forgotten.name, link=link),
        language=language,
        automatic=True,
        private=True,
    )
