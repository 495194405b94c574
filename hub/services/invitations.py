"""One-time links: for the first administrator, for a new colleague, for a forgotten password."""

from __future__ import annotations

from typing import Literal

import msgspec

from hub.database import Reading, Transaction
from hub.errors import HubError
from hub.keyring import Keyring
from hub.repositories import agents
from hub.services.sessions import HOUR, MINUTE

Purpose = Literal["first", "invite", "reset"]

LASTS: dict[Purpose, int] = {"first": 48 * HOUR, "invite": 48 * HOUR, "reset": 30 * MINUTE}
# The page that opens a link; its address is put in front by whoever knows it.
PATHS: dict[Purpose, str] = {"first": "/invitation/", "invite": "/invitation/", "reset": "/reset/"}

RESETS_AN_HOUR = 3


class LinkSpent(HubError):
    """This link was used already, or it is too old. Ask for a new one."""

    status = 410
    code = "link_spent"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time link that was just made: its path on this hub, and until when it works."""

    path: str
    expires_at: int


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What a link that still works is for. `agent_id` is None for the first administrator, who is not here yet."""

    purpose: Purpose
    agent_id: int | None
    name: str
    email: str


def make_link(tx: Transaction, purpose: Purpose, agent_id: int | None, secret: str) -> Link:
    """Make a link with this secret. Of invitations only the newest works."""
    if purpose != "reset":
        tx.run(agents.drop_invitations, purpose=purpose, agent_id=agent_id)
    expires_at = tx.now + LASTS[purpose]
    tx.run(agents.invite, secret_hash=Keyring.hash(secret), agent_id=agent_id, purpose=purpose, expires_at=expires_at)
    return Link(path=PATHS[purpose] + secret, expires_at=expires_at)


def find_invitation(reading: Reading, secret: str) -> Invitation:
    """What the link is for; raises `LinkSpent`."""
    row = reading.first(agents.invitation, secret_hash=Keyring.hash(secret), now=reading.now)
    if row is None or row.disabled:
        raise LinkSpent
    return Invitation(purpose=row.purpose, agent_id=row.agent_id, name=row.name or "", email=row.email or "")


def use_invitation(tx: Transaction, secret: str) -> Invitation:
    """What the link is for; it does not work again."""
    invitation = find_invitation(tx, secret)
    if not tx.run(agents.use_invitation, secret_hash=Keyring.hash(secret), now=tx.now):
        raise LinkSpent
    return invitation


def may_ask_again(reading: Reading, agent_id: int) -> bool:
    """Whether another reset link may be made: a few an hour, so that nobody's mailbox is flooded."""
    made_after = reading.now + LASTS["reset"] - HOUR
    return len(reading.all(agents.recent_resets, agent_id=agent_id, expires_after=made_after)) < RESETS_AN_HOUR
