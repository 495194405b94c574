"""The calls that write: replies, notes, calls, deliveries and drafts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from agent_ui.sockets.calls.call import Caller, Given, Line, Text, call, entry_shown
from hub.services.calls import CallNote
from hub.services.draft_body import DraftBody
from hub.services.replies import First, Reply


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
    entry = await entry_shown(caller, entry_id)
    return {"entry": entry, "delivery": entry.delivery}


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
    return {"entry": await entry_shown(caller, entry_id), "customer_id": customer_id}


class ForwardGiven(Given, frozen=True, kw_only=True):
    entry: int
    to: Line
    text: Text = ""


@call(ForwardGiven)
async def forward(caller: Caller, key: str, given: ForwardGiven) -> Any:
    entry_id = await caller.hub.replies.forward(caller.actor, given.entry, given.to, given.text, key)
    return {"entry": await entry_shown(caller, entry_id)}


class NoteGiven(Given, frozen=True, kw_only=True):
    customer: int
    text: Text = ""
    request: int | None = None
    attachments: tuple[int, ...] = ()


@call(NoteGiven)
async def note(caller: Caller, key: str, given: NoteGiven) -> Any:
    note_of = caller.hub.replies.note
    entry_id, _ = await note_of(caller.actor, given.customer, given.text, given.request, key, given.attachments)
    return {"entry": await entry_shown(caller, entry_id)}


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
    return {"entry": await entry_shown(caller, entry_id), "customer_id": customer_id}


class ReadAgainGiven(Given, frozen=True, kw_only=True):
    entry: int


@call(ReadAgainGiven)
async def read_again(caller: Caller, key: str, given: ReadAgainGiven) -> Any:
    return {"entry": await entry_shown(caller, await caller.hub.reader.read_again(caller.actor, given.entry))}


class DeliveryGiven(Given, frozen=True, kw_only=True):
    delivery: int


@call(DeliveryGiven)
async def retry(caller: Caller, key: str, given: DeliveryGiven) -> Any:
    entry = await entry_shown(caller, await caller.hub.delivery.retry(caller.actor, given.delivery))
    return {"delivery": entry.delivery}


@call(DeliveryGiven)
async def cancel(caller: Caller, key: str, given: DeliveryGiven) -> Any:
    entry = await entry_shown(caller, await caller.hub.delivery.cancel(caller.actor, given.delivery))
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
