"""Conversations: reading them, and what colleagues write into them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from agent_ui.api import shapes
from agent_ui.api.fields import Count, FileIn, Html, Line, Mark, Moment, Name, RequestNumber, Text, attachments
from agent_ui.api.operation import Answer, Call, Example, Fields, Nothing, operation
from agent_ui.api.shapes import ConversationAnswer, EntryAnswer, RequestAnswer
from agent_ui.decode import Id, Limit
from hub.security import authorize
from hub.services.client_keys import ClientKeyReused
from hub.services.conversation_views import NoSuchConversation
from hub.services.destinations import DestinationUnverified, NotReachable
from hub.services.replies import Reply
from hub.services.request_numbers import id_of
from hub.services.requests import NoSuchRequest
from hub.services.staleness import Stale
from hub.views import DeliveryView, EntryView


class WantedEntries(Fields, frozen=True, kw_only=True):
    """Which entries: those after a `seq`."""

    after: Count = 0
    limit: Limit = 50


# A schema by hand: the library tells apart only shapes that carry a tag.
_HIDDEN = {
    "type": "object",
    "description": "An entry that you have no right to read: there is one, and that is all.",
    "properties": {"seq": {"type": "integer"}, "hidden": {"const": True}},
    "required": ["seq", "hidden"],
    "additionalProperties": False,
}
_ENTRY_OR_HIDDEN = {"anyOf": [{"$ref": "#/components/schemas/EntryAnswer"}, _HIDDEN]}


class EntryList(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of one conversation in the order of `seq`; `next` is the `after` of the next page."""

    entries: Annotated[list[Any], msgspec.Meta(extra_json_schema={"items": _ENTRY_OR_HIDDEN})]
    last_seq: int
    next: str | None


class NewReply(Fields, frozen=True, kw_only=True):
    """An answer. `base_seq` is the newest entry that its author has seen, `seen` the same of joined conversations."""

    client_key: Mark
    base_seq: Count
    text: Text
    seen: dict[Id, Count] = msgspec.field(default_factory=dict)
    endpoint_id: Id | None = None
    html: Html = ""
    attachments: tuple[FileIn, ...] = ()
    send_at: Moment | None = None
    override: bool = False
    request: RequestNumber | None = None
    account: Mark | None = None
    subject: Line = ""
    cc: tuple[Mark, ...] = ()
    resolve: bool = False


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was accepted: stored, and on its way."""

    entry: EntryAnswer
    delivery: DeliveryView | None


class NewNote(Fields, frozen=True, kw_only=True):
    """Words that only colleagues see."""

    text: Text
    request: RequestNumber | None = None
    client_key: Mark | None = None


class NewRequest(Fields, frozen=True, kw_only=True):
    """A new matter; without a subject it is called by its topic."""

    topic: Name
    subject: Name = ""


class EntryPatch(Fields, frozen=True, kw_only=True):
    """The request to which an entry is to belong."""

    request: RequestNumber


def request_id(number: str | int) -> int:
    """The request with this number; raises `NotFound` for one that was misheard."""
    return id_of(str(number))


async def sent(call: Call[Any], entry_id: int, again: bool) -> Answer:
    """202 for what was accepted now, 200 for what had been accepted before."""
    view = await call.hub.conversations.written(entry_id)
    return Answer(200 if again else 202, Sent(entry=shapes.entry(view), delivery=view.delivery))


@operation(
    "GET",
    "/api/v1/conversations/{id}",
    summary="Read a conversation",
    takes=Nothing,
    answers={200: ConversationAnswer},
    errors=(NoSuchConversation,),
    example=Example(path={"id": 1}),
)
async def read(call: Call[Nothing]) -> Answer:
    return Answer(200, shapes.conversation(await call.hub.conversations.read(call.actor, call.id())))


@operation(
    "GET",
    "/api/v1/conversations/{id}/entries",
    summary="Read the entries of a conversation",
    takes=WantedEntries,
    answers={200: EntryList},
    errors=(NoSuchConversation,),
    example=Example(path={"id": 1}, fields={"after": 0, "limit": 20}),
)
async def entries(call: Call[WantedEntries]) -> Answer:
    wanted = call.fields
    page = await call.hub.conversations.entries(call.actor, call.id(), after=wanted.after, limit=wanted.limit)
    shown = [shapes.entry_or_hidden(view) for view in page.entries]
    following = None if page.next is None else str(page.next)
    return Answer(200, EntryList(entries=shown, last_seq=page.last_seq, next=following))


@operation(
    "POST",
    "/api/v1/conversations/{id}/replies",
    summary="Answer",
    takes=NewReply,
    answers={202: Sent, 200: Sent},
    errors=(NoSuchConversation, NoSuchRequest, NotReachable, Stale, ClientKeyReused, DestinationUnverified),
    example=Example(
        path={"id": 1},
        fields={"client_key": "reply-1", "base_seq": 1, "text": "It is on its way and arrives on Thursday."},
    ),
)
async def reply(call: Call[NewReply]) -> Answer:
    authorize(call.actor, "messages.write")
    # A stale answer is told what it missed.
    authorize(call.actor, "conversations.read")
    new, conversation_id = call.fields, call.id()
    answer = Reply(
        customer=await call.hub.conversations.owner(conversation_id),
        base=new.seen | {conversation_id: new.base_seq},
        text=new.text,
        client_key=new.client_key,
        html=new.html,
        request=None if new.request is None else request_id(new.request),
        endpoint=new.endpoint_id,
        account=new.account,
        files=tuple(await call.hub.intake.store_files(attachments(new.attachments, call.hub.attachments.largest))),
        cc=new.cc,
        subject=new.subject,
        send_at=new.send_at,
        resolve=new.resolve,
        override=new.override,
    )
    try:
        entry_id, again = await call.hub.replies.send(call.actor, answer)
    except Stale as stale:
        raise Stale(missed=[_missed(view) for view in stale.members["missed"]]) from None
    return await sent(call, entry_id, again)


def _missed(view: dict[str, Any]) -> dict[str, Any]:
    """An entry that was missed, as the API tells entries."""
    told: dict[str, Any] = msgspec.to_builtins(shapes.entry(msgspec.convert(view, EntryView)))
    return told


@operation(
    "POST",
    "/api/v1/conversations/{id}/notes",
    summary="Add a note for colleagues",
    takes=NewNote,
    answers={201: EntryAnswer, 200: EntryAnswer},
    errors=(NoSuchConversation, NoSuchRequest, ClientKeyReused),
    example=Example(path={"id": 1}, fields={"client_key": "note-1", "text": "The carrier lost the first parcel."}),
)
async def note(call: Call[NewNote]) -> Answer:
    authorize(call.actor, "notes.write")
    new = call.fields
    customer_id = await call.hub.conversations.owner(call.id())
    matter = None if new.request is None else request_id(new.request)
    entry_id, again = await call.hub.replies.note(call.actor, customer_id, new.text, matter, new.client_key)
    view = await call.hub.conversations.written(entry_id)
    return Answer(200 if again else 201, shapes.entry(view))


@operation(
    "POST",
    "/api/v1/conversations/{id}/requests",
    summary="Open a request",
    takes=NewRequest,
    answers={201: RequestAnswer},
    errors=(NoSuchConversation,),
    example=Example(path={"id": 1}, fields={"topic": "delivery", "subject": "Second parcel"}),
)
async def open_request(call: Call[NewRequest]) -> Answer:
    authorize(call.actor, "requests.read")
    new = call.fields
    customer_id = await call.hub.conversations.owner(call.id())
    opened = await call.hub.requests.open(call.actor, customer_id, new.subject.strip() or new.topic, new.topic)
    return Answer(201, shapes.request(await call.hub.conversations.request(call.actor, opened)))


@operation(
    "PATCH",
    "/api/v1/entries/{id}",
    summary="Move an entry to another request of the same customer",
    takes=EntryPatch,
    answers={200: EntryAnswer},
    errors=(NoSuchRequest,),
    example=Example(path={"id": 1}, fields={"request": "1032"}),
)
async def move(call: Call[EntryPatch]) -> Answer:
    authorize(call.actor, "conversations.read")
    entry_id = await call.hub.request_moves.move_entry(call.actor, call.id(), request_id(call.fields.request))
    return Answer(200, shapes.entry(await call.hub.conversations.written(entry_id)))


operations = [read, entries, reply, note, open_request, move]
routes = [operation.route for operation in operations]
