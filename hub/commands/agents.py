"""Commands on colleagues."""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from hub.commands.calls import Call, Say
from hub.commands.errors import Usage
from hub.commands.session import Outcome, Session
from hub.commands.table import table
from hub.commands.tree import Tree
from hub.security import ROLES

if TYPE_CHECKING:
    from hub.bootstrap import Hub


class InviteAgent(Call, tag="agent.add"):
    """A colleague and the link by which they choose their password."""

    email: str
    name: str
    role: str

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        invited = await hub.agents.invite(None, name=self.name, email=self.email, role=self.role)
        return {"id": invited.agent_id, "link": hub.settings.url + invited.link.path}


class ListAgents(Call, tag="agent.list"):
    """Everybody, those who left included."""

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        return [agent for agent in await hub.agents.everyone() if not agent.is_token]


class SetPassword(Call, tag="agent.password"):
    """Another password for a colleague; their sessions end."""

    email: str
    password: str

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        agent = await hub.agents.named(self.email)
        await hub.agents.set_password(agent.id, self.password)
        return {"id": agent.id}


class ResetPassword(Call, tag="agent.link"):
    """A link by which a colleague who cannot sign in chooses a new password."""

    email: str

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        agent = await hub.agents.named(self.email)
        link = await hub.agents.reset_link(None, agent.id)
        return {"id": agent.id, "link": hub.settings.url + link.path}


class DisableAgent(Call, tag="agent.disable"):
    """A colleague who left: they are out at once."""

    email: str

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        agent = await hub.agents.named(self.email)
        return await hub.agents.change(None, agent.id, disabled=True)


async def add(session: Session, given: Namespace) -> Outcome:
    invited = await session.ask(InviteAgent(email=given.email, name=given.name, role=given.role))
    return Outcome(value=invited, text=f"{given.name} chooses a password here, within 48 hours:\n{invited['link']}")


async def listed(session: Session, given: Namespace) -> Outcome:
    agents = await session.ask(ListAgents())
    rows = [(a["name"], a["email"], a["role"], _presence(a)) for a in agents]
    return Outcome(value=agents, text=table(("name", "e-mail", "role", "state"), rows))


async def password(session: Session, given: Namespace) -> Outcome:
    changed = await session.ask(SetPassword(email=given.email, password=_typed()))
    return Outcome(value=changed, text=f"{given.email} has a new password.")


async def link(session: Session, given: Namespace) -> Outcome:
    made = await session.ask(ResetPassword(email=given.email))
    return Outcome(value=made, text=f"{given.email} chooses a new password here, once:\n{made['link']}")


async def disable(session: Session, given: Namespace) -> Outcome:
    agent = await session.ask(DisableAgent(email=given.email))
    return Outcome(value=agent, text=f"{given.email} can no longer sign in.")


def _presence(agent: dict[str, Any]) -> str:
    if agent["disabled"]:
        return "disabled"
    return "away" if agent["away"] else "active"


def _typed() -> str:
    """A password that no list of processes shows: typed twice, or the first line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("New password: ")
    if first != getpass.getpass("Once more: "):
        raise Usage("These are two different passwords. Nothing was changed.")
    return first


def grow(tree: Tree) -> None:
    """Add these commands to the tree."""
    group = tree.group("agent", "colleagues: who may sign in")
    inviting = group.command(
        "add",
        add,
        "invite a colleague; prints the link by which they choose their password",
        example="agent add --email mia@shop.example --name 'Mia Holm' --role agent",
    )
    inviting.add_argument("--email", required=True, help="what they sign in with")
    inviting.add_argument("--name", required=True, help="as customers and colleagues read it")
    inviting.add_argument("--role", required=True, choices=ROLES, help="what they may do")
    group.command("list", listed, "list all colleagues", example="agent list --json")
    changing = group.command(
        "password",
        password,
        "set a colleague's password, typed or piped in; their sessions end",
        example="agent password mia@shop.example",
    )
    changing.add_argument("email", help="what they sign in with")
    resetting = group.command(
        "link",
        link,
        "print a link by which a colleague chooses a new password",
        example="agent link mia@shop.example",
    )
    resetting.add_argument("email", help="what they sign in with")
    disabling = group.command(
        "disable", disable, "shut a colleague out at once", example="agent disable mia@shop.example"
    )
    disabling.add_argument("email", help="what they sign in with")
