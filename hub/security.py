"""Who may do what. One function decides, for HTTP, sockets, search and export alike."""

from __future__ import annotations

from typing import Literal

import msgspec

from hub.errors import Forbidden

Role = Literal["store", "agent", "supervisor", "admin"]

ROLES: tuple[Role, ...] = ("store", "agent", "supervisor", "admin")

# What each role may do beyond the roles before it. A scope of an API token is one of these words, or a role.
GRANTS: dict[Role, frozenset[str]] = {
    "store": frozenset({"requests.read", "orders.read", "store.note"}),
    "agent": frozenset(
        {
            "console",
            "conversations.read",
            "messages.write",
            "notes.write",
            "requests.write",
            "customers.read",
            "customers.write",
            "orders.write",
            "search",
            "export",
            "canned.write",
        }
    ),
    "supervisor": frozenset({"destination.override", "teams.write", "merges.write", "originals.read"}),
    "admin": frozenset({"agents.write", "accounts.write", "tokens.write", "settings.write", "system.read", "metrics"}),
}

_ALLOWED: dict[Role, frozenset[str]] = {
    role: frozenset().union(*(GRANTS[lower] for lower in ROLES[: ROLES.index(role) + 1])) for role in ROLES
}

ACTIONS = _ALLOWED["admin"]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever asks: a colleague, or a token that acts as one. `scopes` None: all that the role may."""

    id: int
    name: str
    role: Role
    scopes: frozenset[str] | None = None
    is_token: bool = False


def may(actor: Actor, action: str) -> bool:
    """Whether the actor may do this at all."""
    if action not in _ALLOWED[actor.role]:
        return False
    return actor.scopes is None or action in actor.scopes


def authorize(actor: Actor, action: str) -> None:
    """Let the actor through, or raise `Forbidden` naming what is missing and who has it."""
    if may(actor, action):
        return
    lowest = next((role for role in ROLES if action in _ALLOWED[role]), "admin")
    raise Forbidden(f"This needs the right “{action}”, which the role “{lowest}” has.", action=action, role=lowest)


def may_see_entry(actor: Actor, kind: str) -> bool:
    """Store staff see what concerns a till: orders, visits and the course of a request, not what was written."""
    return may(actor, "conversations.read") or kind in {"order", "store_visit", "status"}


def may_hear(actor: Actor, audience: str) -> bool:
    """Whether an event for this audience ('' all colleagues, "agent:5" one) is for this actor."""
    if audience:
        return audience == f"agent:{actor.id}"
    return may(actor, "conversations.read")
