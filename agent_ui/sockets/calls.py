"""The calls of the console's socket: what each takes, and which service it asks. Described in `agent_ui/README.md`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from agent_ui.sockets.presence import Presence
from hub.bootstrap import Hub
from hub.clock import to_ms
from hub.database import Reading
from hub.errors import Invalid
from hub.security import Actor, authorize
from hub.services import log
from hub.services.calls import CallNote
from hub.services.draft_body import DraftBody
from hub.services.replies import First, Reply
from hub.services.request_patch import RequestPatch

Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Line = Annotated[str, msgspec.Meta(max_length=500)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]


class Caller:
    """Who calls, and the hub they call."""

    def __init__(self, hub: Hub, actor: Actor, presence: Presence) -> None:
        self.hub = hub
        self.actor = actor
        self.presence = presence


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a call is given; unknown fields are refused."""


class Call(msgspec.Struct, frozen=True):
    """A call: the type of what it is given, and what it does.

    What stands `apart` from a console's state may take its time: events go on meanwhile.
    """

    given: type[Any]
    run: Callable[[Caller, str, Any], Awaitable[Any]]
    apart: bool = False


CALLS: dict[str, Call] = {}


def call(
    given: type[Any], *, apart: bool = False
) -> Callable[[Callable[[Caller, str, Any], Awaitable[Any]]], Callable[[Caller, str, Any], Awaitable[Any]]]:
    """Make a function the call of its own name."""

    def register(fn: Callable[[Caller, str, Any], Awaitable[Any]]) -> Callable[[Caller, str, Any], Awaitable[Any]]:
        CALLS[fn.__name__.rstrip("_")] = Call(given, fn, apart)
        return fn

    return register


# --- what is shown ---

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


# --- what is written ---


class ReplyGiven(Given, frozen=True, kw_only=True):
    customer: int
    base: dict[int, int]
    text: Text = ""
    request: int | None = None
    endpoint: int | None = None
    account: str | None = None
    attachments: tuple[int, ...] = ()
    cc: tuple[Line, ...] = ()
    subject: Line = ""
    resolve: bool = False
    override: bool = False
    send_at: datetime | None = None


@call(ReplyGiven)
async def reply(caller: Caller, key: str, given: ReplyGiven) -> Any:
    sent = Reply(client_key=key, **msgspec.structs.asdict(given))
    entry_id, _ = await caller.hub.replies.send(caller.actor, sent)
    entry = await _entry(caller, entry_id)
    return {"entry": entry, "delivery": entry.delivery}


async def _entry(caller: Caller, entry_id: int) -> Any:
    return await caller.hub.db.view(caller.hub.snapshot.entry, entry_id)


class FirstTo(Given, frozen=True, kw_only=True):
    kind: Line = ""
    address: Line = ""
    customer: int | None = None
    endpoint: int | None = None


class FirstGiven(Given, frozen=True, kw_only=True):
    to: FirstTo
    text: Text
    account: str | None = None
    subject: Line = ""
    name: Line = ""
    attachments: tuple[int, ...] = ()
    override: bool = False


@call(FirstGiven)
async def write_first(caller: Caller, key: str, given: FirstGiven) -> Any:
    fields = msgspec.structs.asdict(given)
    to = msgspec.structs.asdict(fields.pop("to"))
    entry_id, customer_id, _ = await caller.hub.replies.write_first(caller.actor, First(client_key=key, **to, **fields))
    return {"entry": await _entry(caller, entry_id), "customer_id": customer_id}


class ForwardGiven(Given, frozen=True, kw_only=True):
    entry: int
    to: Line
    text: Text = ""


@call(ForwardGiven)
async def forward(caller: Caller, key: str, given: ForwardGiven) -> Any:
    entry_id = await caller.hub.replies.forward(caller.actor, given.entry, given.to, given.text, key)
    return {"entry": await _entry(caller, entry_id)}


class NoteGiven(Given, frozen=True, kw_only=True):
    customer: int
    text: Text = ""
    request: int | None = None
    attachments: tuple[int, ...] = ()


@call(NoteGiven)
async def note(caller: Caller, key: str, given: NoteGiven) -> Any:
    note_of = caller.hub.replies.note
    entry_id, _ = await note_of(caller.actor, given.customer, given.text, given.request, key, given.attachments)
    return {"entry": await _entry(caller, entry_id)}


class CallNoteGiven(Given, frozen=True, kw_only=True):
    text: Text = ""
    customer: int | None = None
    phone: Line | None = None
    name: Line = ""
    direction: Literal["in", "out"] = "in"
    request: int | None = None
    subject: Line = ""
    outcome: Line = ""
    promise: Line = ""
    due_at: datetime | None = None
    started_at: datetime | None = None
    duration_s: Annotated[int, msgspec.Meta(ge=0, le=31 * 86_400)] | None = None


@call(CallNoteGiven)
async def call_note(caller: Caller, key: str, given: CallNoteGiven) -> Any:
    entry_id, customer_id = await caller.hub.calls.note(caller.actor, CallNote(**msgspec.structs.asdict(given)), key)
    return {"entry": await _entry(caller, entry_id), "customer_id": customer_id}


class ReadAgainGiven(Given, frozen=True, kw_only=True):
    entry: int


@call(ReadAgainGiven)
async def read_again(caller: Caller, key: str, given: ReadAgainGiven) -> Any:
    return {"entry": await _entry(caller, await caller.hub.reader.read_again(caller.actor, given.entry))}


class DeliveryGiven(Given, frozen=True, kw_only=True):
    delivery: int


@call(DeliveryGiven)
async def retry(caller: Caller, key: str, given: DeliveryGiven) -> Any:
    entry = await _entry(caller, await caller.hub.delivery.retry(caller.actor, given.delivery))
    return {"delivery": entry.delivery}


@call(DeliveryGiven)
async def cancel(caller: Caller, key: str, given: DeliveryGiven) -> Any:
    entry = await _entry(caller, await caller.hub.delivery.cancel(caller.actor, given.delivery))
    return {"delivery": entry.delivery}


class DraftGiven(Given, frozen=True, kw_only=True):
    mode: str
    text: Text = ""
    customer: int | None = None
    slot: Line = ""
    endpoint: int | None = None
    account: str | None = None
    base: dict[int, int] | None = None
    request: int | None = None
    attachments: tuple[int, ...] = ()
    fields: dict[str, Any] | None = None


@call(DraftGiven)
async def draft(caller: Caller, key: str, given: DraftGiven) -> Any:
    fields = msgspec.structs.asdict(given)
    mode, customer, slot = fields.pop("mode"), fields.pop("customer"), fields.pop("slot")
    draft_id = await caller.hub.drafts.save(caller.actor, mode, DraftBody(**fields), customer, slot)
    [saved] = await caller.hub.db.view(caller.hub.snapshot.collection, "drafts", [draft_id])
    return {"draft": None if saved.gone else saved}


# --- requests ---


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
    return {"entry": await _entry(caller, given.entry)}


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


# --- colleagues ---


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
    agents: list[int] = []
    gone: bool = False


@call(TeamGiven)
async def team(caller: Caller, key: str, given: TeamGiven) -> Any:
    teams = caller.hub.teams
    if given.gone:
        if given.id is None:
            raise Invalid("Say which team.")
        await teams.remove_team(caller.actor, given.id)
        return {"team": None}
    saved = await teams.save_team(caller.actor, given.id, name=given.name, agents=given.agents)
    [shown] = await caller.hub.db.view(caller.hub.snapshot.collection, "teams", [saved])
    return {"team": shown}
