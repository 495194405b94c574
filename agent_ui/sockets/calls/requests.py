"""The calls about requests: whose they are, how they stand, and which entries are theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from agent_ui.sockets.calls.call import Caller, Given, Line, call, entry_shown
from hub.services.request_patch import RequestPatch


async def _request(caller: Caller, request_id: int) -> Any:
    [request] = await caller.hub.db.view(caller.hub.snapshot.collection, "requests", [request_id])
    return {"request": request}


class AssignGiven(Given, frozen=True, kw_only=True):
    request: int
    owner: int | msgspec.UnsetType | None = msgspec.UNSET
    team: int | msgspec.UnsetType | None = msgspec.UNSET


@call(AssignGiven)
async def assign(caller: Caller, key: str, given: AssignGiven) -> Any:
    patch = RequestPatch(owner_id=given.owner, team_id=given.team)
    return await _request(caller, await caller.hub.request_patches.apply(caller.actor, given.request, patch))


class StatusGiven(Given, frozen=True, kw_only=True):
    request: int
    status: str


@call(StatusGiven)
async def status(caller: Caller, key: str, given: StatusGiven) -> Any:
    return await _request(caller, await caller.hub.requests.set_status(caller.actor, given.request, given.status))


class SnoozeGiven(Given, frozen=True, kw_only=True):
    request: int
    until: datetime | None = None


@call(SnoozeGiven)
async def snooze(caller: Caller, key: str, given: SnoozeGiven) -> Any:
    return await _request(caller, await caller.hub.requests.snooze(caller.actor, given.request, given.until))


class RequestGiven(Given, frozen=True, kw_only=True):
    request: int
    subject: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    topic: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    priority: str | None = None
    status_text: Line | None = None


@call(RequestGiven)
async def request(caller: Caller, key: str, given: RequestGiven) -> Any:
    changes = {name: value for name, value in msgspec.structs.asdict(given).items() if value is not None}
    return await _request(caller, await caller.hub.requests.describe(caller.actor, changes.pop("request"), **changes))


class OpenRequestGiven(Given, frozen=True, kw_only=True):
    customer: int
    subject: Annotated[str, msgspec.Meta(max_length=200)]
    topic: Annotated[str, msgspec.Meta(max_length=100)] = ""


@call(OpenRequestGiven)
async def open_request(caller: Caller, key: str, given: OpenRequestGiven) -> Any:
    opened = await caller.hub.requests.open(caller.actor, given.customer, given.subject, given.topic, key)
    return await _request(caller, opened)


class MoveGiven(Given, frozen=True, kw_only=True):
    entry: int
    request: int


@call(MoveGiven)
async def move(caller: Caller, key: str, given: MoveGiven) -> Any:
    await caller.hub.request_moves.move_entry(caller.actor, given.entry, given.request)
    return {"entry": await entry_shown(caller, given.entry)}


class SeenGiven(Given, frozen=True, kw_only=True):
    request: int


@call(SeenGiven)
async def seen(caller: Caller, key: str, given: SeenGiven) -> Any:
    await caller.hub.requests.read(caller.actor, given.request)
    return {}


class MarkGiven(Given, frozen=True, kw_only=True):
    customer: int
    as_: str = msgspec.field(name="as")


@call(MarkGiven)
async def mark(caller: Caller, key: str, given: MarkGiven) -> Any:
    customer_id = await caller.hub.marks.mark(caller.actor, given.customer, given.as_)
    return {"customer": await caller.hub.db.view(caller.hub.snapshot.customer, customer_id)}
