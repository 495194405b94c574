"""The calls that show: lists, conversations, search, and who may be calling."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from agent_ui.sockets.calls.call import Caller, Given, Limit, Line, call
from hub.bootstrap import Hub
from hub.clock import to_ms
from hub.database import Reading
from hub.security import authorize
from hub.services import log

EntriesFloor = tuple[datetime, int] | Literal["all"] | None


def down_to(floor: EntriesFloor) -> tuple[int, int] | Literal["all"] | None:
    """How far down a timeline is asked for, as the hub counts time."""
    return (to_ms(floor[0]), floor[1]) if isinstance(floor, tuple) else floor


class ListGiven(Given, frozen=True, kw_only=True):
    view: str
    after: tuple[int, int] | None = None
    limit: Limit = 50


@call(ListGiven)
async def list_(caller: Caller, key: str, given: ListGiven) -> Any:
    view = f"mine:{caller.actor.id}" if given.view == "mine" else given.view
    return await caller.hub.db.view(caller.hub.snapshot.inbox, view, given.after, given.limit)


class OpenGiven(Given, frozen=True, kw_only=True):
    customer: int | None = None
    request: int | None = None
    conversation: int | None = None
    entry: int | None = None
    floor: EntriesFloor = None


@call(OpenGiven)
async def open_(caller: Caller, key: str, given: OpenGiven) -> Any:
    authorize(caller.actor, "conversations.read")
    return await caller.hub.db.view(_open, caller.hub, given)


def _open(rd: Reading, hub: Hub, given: OpenGiven) -> dict[str, Any]:
    customer_id = hub.snapshot.customer_of(
        rd, customer=given.customer, request=given.request, conversation=given.conversation, entry=given.entry
    )
    floor = hub.snapshot.floor_of(rd, given.entry) if given.entry is not None else down_to(given.floor)
    opened = msgspec.structs.asdict(hub.snapshot.conversation(rd, customer_id, floor))
    return opened | {"position": log.position(rd).text()}


class EntriesGiven(Given, frozen=True, kw_only=True):
    customer: int
    before: tuple[datetime, int]
    limit: Limit = 50


@call(EntriesGiven)
async def entries(caller: Caller, key: str, given: EntriesGiven) -> Any:
    authorize(caller.actor, "conversations.read")
    before = (to_ms(given.before[0]), given.before[1])
    page, floor = await caller.hub.db.view(caller.hub.snapshot.earlier, given.customer, before, given.limit)
    return {"entries": page, "floor": floor}


@call(Given)
async def close(caller: Caller, key: str, given: Given) -> Any:
    return {}


class SearchGiven(Given, frozen=True, kw_only=True):
    q: Annotated[str, msgspec.Meta(max_length=10_000)]
    after: str | None = None


@call(SearchGiven, apart=True)
async def search(caller: Caller, key: str, given: SearchGiven) -> Any:
    return await caller.hub.search.find(caller.actor, given.q, given.after)


class CallersGiven(Given, frozen=True, kw_only=True):
    q: Line


@call(CallersGiven, apart=True)
async def callers(caller: Caller, key: str, given: CallersGiven) -> Any:
    found = await caller.hub.search.find(caller.actor, given.q)
    ids = [hit.customer_id for hit in (*found.groups.customers, *found.groups.orders, *found.groups.requests)]
    known = [i for i in ids if i is not None]
    return {"candidates": await caller.hub.calls.candidates(caller.actor, given.q, known)}
