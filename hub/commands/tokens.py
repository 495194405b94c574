"""Commands on the API's tokens."""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hub.commands.calls import Call, Say
from hub.commands.session import Outcome, Session
from hub.commands.table import table
from hub.commands.tree import Tree

if TYPE_CHECKING:
    from hub.bootstrap import Hub

DAY_MS = timedelta(days=1) // timedelta(milliseconds=1)


class CreateToken(Call, tag="token.create"):
    """A token for a program; without scopes it may do all that an administrator may."""

    name: str
    scopes: list[str]
    days: int | None = None

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        expires_at = None if self.days is None else hub.clock.now() + self.days * DAY_MS
        made = await hub.tokens.create(None, name=self.name, scopes=self.scopes, expires_at=expires_at)
        return {"id": made.id, "token": made.text}


class ListTokens(Call, tag="token.list"):
    """All tokens, without their secrets."""

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        return await hub.tokens.listed(None)


class RevokeToken(Call, tag="token.revoke"):
    """A token that lets nobody in any more."""

    id: int

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        await hub.tokens.revoke(None, self.id)
        return {"id": self.id}


async def create(session: Session, given: Namespace) -> Outcome:
    made = await session.ask(CreateToken(name=given.name, scopes=given.scope, days=given.days))
    return Outcome(value=made, text=made["token"])


async def listed(session: Session, given: Namespace) -> Outcome:
    tokens = await session.ask(ListTokens())
    rows = [
        (t["id"], t["name"], " ".join(t["scopes"]) or "all", t["last_used_at"], t["expires_at"], t["revoked_at"])
        for t in tokens
    ]
    return Outcome(value=tokens, text=table(("id", "name", "scopes", "last used", "expires", "revoked"), rows))


async def revoke(session: Session, given: Namespace) -> Outcome:
    return Outcome(value=await session.ask(RevokeToken(id=given.id)), text=f"Token {given.id} lets nobody in any more.")


def grow(tree: Tree) -> None:
    """Add these commands to the tree."""
    group = tree.group("token", "tokens: programs that use the API")
    creating = group.command(
        "create",
        create,
        "make a token and print it, alone, this once; it may do all unless scopes are given",
        example="token create --name 'Web shop' --scope orders.write --scope messages.write",
    )
    creating.add_argument("--name", required=True, help="as whom it acts")
    creating.add_argument("--scope", action="append", default=[], help="a role, or one right; may be given again")
    creating.add_argument("--days", type=int, help="how long it works, at most 366; for ever if not given")
    group.command("list", listed, "list all tokens, without their secrets", example="token list")
    revoking = group.command("revoke", revoke, "let nobody in with this token any more", example="token revoke 3")
    revoking.add_argument("id", type=int, help="its number in `token list`")
