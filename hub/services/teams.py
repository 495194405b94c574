"""Teams, and the replies that colleagues keep ready."""

from __future__ import annotations

from hub.database import Database, Transaction
from hub.errors import Invalid, NotFound
from hub.repositories import teams
from hub.security import Actor, authorize
from hub.services.audit import record

NAME_LENGTH = 80
TEXT_LENGTH = 20_000


class NoSuchTeam(NotFound):
    """There is no such team."""

    code = "no_such_team"


class NoSuchCanned(NotFound):
    """There is no such canned reply."""

    code = "no_such_canned"


# --- rules ------------------------------------------------------------------------------------------------------


def save_team(tx: Transaction, by: Actor, team_id: int | None, name: str, members: list[int]) -> int:
    """A new team, or another name and other members of one."""
    tidy = _name(name)
    wanted = sorted(set(members))
    if len(tx.all(teams.known_agents, ids=wanted)) != len(wanted):
        raise Invalid("Somebody on this list does not work here.")
    if team_id is None:
        team_id = int(tx.value(teams.add_team, name=tidy))
    elif not tx.run(teams.change_team, team_id=team_id, name=tidy, gone=False):
        raise NoSuchTeam
    tx.run(teams.empty_team, team_id=team_id)
    for agent_id in wanted:
        tx.run(teams.join_team, team_id=team_id, agent_id=agent_id)
    record(tx, "team_changed", f"team:{team_id}", by=by, agents=wanted)
    _tell_team(tx, team_id, by)
    return team_id


def remove_team(tx: Transaction, by: Actor, team_id: int) -> None:
    """The team is no longer there to be chosen; what it had keeps it."""
    row = tx.first(teams.team_by_id, team_id=team_id)
    if row is None:
        raise NoSuchTeam
    tx.run(teams.change_team, team_id=team_id, name=row.name, gone=True)
    record(tx, "team_removed", f"team:{team_id}", by=by)
    _tell_team(tx, team_id, by)


def save_canned(tx: Transaction, by: Actor, canned_id: int | None, name: str, text: str, language: str) -> int:
    """A new canned reply, or other words for one."""
    values = {"name": _name(name), "text": _text(text), "language": language}
    if canned_id is None:
        canned_id = int(tx.value(teams.add_canned, **values))
    elif not tx.run(teams.change_canned, canned_id=canned_id, gone=False, **values):
        raise NoSuchCanned
    _tell_canned(tx, canned_id, by)
    return canned_id


def remove_canned(tx: Transaction, by: Actor, canned_id: int) -> None:
    row = tx.first(teams.canned_by_id, canned_id=canned_id)
    if row is None:
        raise NoSuchCanned
    tx.run(teams.change_canned, canned_id=canned_id, name=row.name, text=row.text, language=row.language, gone=True)
    _tell_canned(tx, canned_id, by)


def _tell_team(tx: Transaction, team_id: int, by: Actor) -> None:
    tx.touch("teams", team_id)
    tx.announce("team.changed", by=by.id)


def _tell_canned(tx: Transaction, canned_id: int, by: Actor) -> None:
    tx.touch("canned", canned_id)
    tx.announce("canned.changed", by=by.id)


def _name(name: str) -> str:
    tidy = name.strip()
    if not 0 < len(tidy) <= NAME_LENGTH or not tidy.isprintable():
        raise Invalid(f"A name has between 1 and {NAME_LENGTH} characters.")
    return tidy


def _text(text: str) -> str:
    if not 0 < len(text.strip()) <= TEXT_LENGTH:
        raise Invalid(f"A canned reply has between 1 and {TEXT_LENGTH} characters.")
    return text


# --- methods ----------------------------------------------------------------------------------------------------


class Teams:
    """What colleagues share among themselves."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def save_team(self, by: Actor, team_id: int | None, *, name: str, agents: list[int]) -> int:
        """Make or change a team; its id."""
        authorize(by, "teams.write")
        return await self._db.unit(save_team, by, team_id, name, agents)

    async def remove_team(self, by: Actor, team_id: int) -> None:
        authorize(by, "teams.write")
        await self._db.unit(remove_team, by, team_id)

    async def save_canned(self, by: Actor, canned_id: int | None, *, name: str, text: str, language: str = "") -> int:
        """Make or change a canned reply; its id."""
        authorize(by, "canned.write")
        return await self._db.unit(save_canned, by, canned_id, name, text, language)

    async def remove_canned(self, by: Actor, canned_id: int) -> None:
        authorize(by, "canned.write")
        await self._db.unit(remove_canned, by, canned_id)
