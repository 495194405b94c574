"""The calls about colleagues, their teams and their canned replies."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from agent_ui.sockets.calls.call import Caller, Given, Line, Text, call
from hub.errors import Invalid


class AwayGiven(Given, frozen=True, kw_only=True):
    away: bool


@call(AwayGiven)
async def away(caller: Caller, key: str, given: AwayGiven) -> Any:
    return {"agent": await caller.hub.agents.set_away(caller.actor, given.away)}


class CannedGiven(Given, frozen=True, kw_only=True):
    id: int | None = None
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    text: Text = ""
    language: Line = ""
    gone: bool = False


@call(CannedGiven)
async def canned(caller: Caller, key: str, given: CannedGiven) -> Any:
    teams = caller.hub.teams
    if given.gone:
        if given.id is None:
            raise Invalid("Say which canned reply.")
        await teams.remove_canned(caller.actor, given.id)
        return {"canned": None}
    saved = await teams.save_canned(caller.actor, given.id, name=given.name, text=given.text, language=given.language)
    [shown] = await caller.hub.db.view(caller.hub.snapshot.collection, "canned", [saved])
    return {"canned": shown}


class InviteGiven(Given, frozen=True, kw_only=True):
    name: Line
    email: Line
    role: str


@call(InviteGiven)
async def agent_invite(caller: Caller, key: str, given: InviteGiven) -> Any:
    invited = await caller.hub.agents.invite(caller.actor, name=given.name, email=given.email, role=given.role)
    [agent] = await caller.hub.db.view(caller.hub.snapshot.collection, "agents", [invited.agent_id])
    return {"agent": agent, "link": f"{caller.hub.settings.url}{invited.link.path}"}


class AgentGiven(Given, frozen=True, kw_only=True):
    agent: int
    role: str | None = None
    disabled: bool | None = None


@call(AgentGiven)
async def agent_change(caller: Caller, key: str, given: AgentGiven) -> Any:
    changed = await caller.hub.agents.change(caller.actor, given.agent, role=given.role, disabled=given.disabled)
    return {"agent": changed}


class TeamGiven(Given, frozen=True, kw_only=True):
    id: int | None = None
    name: Line = ""
    agents: tuple[int, ...] = ()
    gone: bool = False


@call(TeamGiven)
async def team(caller: Caller, key: str, given: TeamGiven) -> Any:
    teams = caller.hub.teams
    if given.gone:
        if given.id is None:
            raise Invalid("Say which team.")
        await teams.remove_team(caller.actor, given.id)
        return {"team": None}
    saved = await teams.save_team(caller.actor, given.id, name=given.name, agents=list(given.agents))
    [shown] = await caller.hub.db.view(caller.hub.snapshot.collection, "teams", [saved])
    return {"team": shown}
