"""Several changes to a request in one unit: all of them, or, where one makes no sense, none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from hub.clock import to_ms
from hub.database import Database, Transaction
from hub.errors import Invalid
from hub.repositories import agents as agents_sql
from hub.repositories import teams as teams_sql
from hub.security import Actor, authorize
from hub.services import requests


class RequestPatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; what is unset stays as it is."""

    status: str | UnsetType = UNSET
    status_text: str | UnsetType = UNSET
    owner_id: int | UnsetType | None = UNSET
    team_id: int | UnsetType | None = UNSET
    snoozed_until: datetime | UnsetType | None = UNSET
    subject: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    priority: str | UnsetType = UNSET
    store: str | UnsetType = UNSET


def _given(patch: RequestPatch, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(patch, name)) is not UNSET}


def apply(tx: Transaction, actor: Actor, request_id: int, patch: RequestPatch) -> int:
    """Change a request; raises `NoSuchRequest`, and `Invalid` for what makes no sense."""
    request = requests.locked(tx, request_id)
    described = _given(patch, "subject", "topic", "priority", "store", "status_text")
    if described.get("subject", request.subject or "-").strip() == "":
        raise Invalid("A request needs a subject.")
    if described:
        requests.describe(tx, actor, request_id, described)
    assigned = _given(patch, "owner_id", "team_id")
    if assigned:
        _check_assignees(tx, assigned)
        requests.assign(tx, actor, request_id, assigned)
    if patch.status is not UNSET:
        requests.set_status(tx, actor, request_id, patch.status)
    if patch.snoozed_until is not UNSET:
        until = patch.snoozed_until
        requests.snooze(tx, actor, request_id, None if until is None else to_ms(until))
    return request_id


def _check_assignees(tx: Transaction, assigned: dict[str, Any]) -> None:
    owner_id, team_id = assigned.get("owner_id"), assigned.get("team_id")
    if owner_id is not None:
        agent = tx.first(agents_sql.by_id, agent_id=owner_id)
        if agent is None or agent.disabled:
            raise Invalid("There is no such colleague.", path="$.owner_id")
    if team_id is not None:
        team = tx.first(teams_sql.team_by_id, team_id=team_id)
        if team is None or team.gone:
            raise Invalid("There is no such team.", path="$.team_id")


class RequestPatches:
    """Changes requests as programs do: any fields at once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def apply(self, actor: Actor, request_id: int, patch: RequestPatch) -> int:
        authorize(actor, "requests.write")
        return await self._db.unit(apply, actor, request_id, patch)
