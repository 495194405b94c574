"""Search over customers, requests, orders and messages."""

from __future__ import annotations

from typing import Annotated

import msgspec

from agent_ui.api.operation import Answer, Call, Example, Fields, operation
from agent_ui.decode import Limit
from hub.services.request_numbers import number_of
from hub.services.search import BadCursor
from hub.services.search_hits import CustomerHit, Hit, MessageHit, OrderHit, RequestHit


class Wanted(Fields, frozen=True, kw_only=True):
    """What to look for; anything may be typed."""

    q: Annotated[str, msgspec.Meta(max_length=500)]
    limit: Limit = 20
    after: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class FoundMessage(Hit, frozen=True, kw_only=True):
    """An entry that holds the words; `title` is the customer's name."""

    conversation_id: int
    request: str | None
    seq: int
    kind: str
    channel: str
    direction: str | None
    author: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, by kind, newest first; `next` is the `after` of the next page of those kinds that have more."""

    customers: list[CustomerHit]
    requests: list[RequestHit]
    orders: list[OrderHit]
    messages: list[FoundMessage]
    next: str | None


@operation(
    "GET",
    "/api/v1/search",
    summary="Search",
    takes=Wanted,
    answers={200: Found},
    errors=(BadCursor,),
    example=Example(fields={"q": "parcel", "limit": 5}),
)
async def find(call: Call[Wanted]) -> Answer:
    wanted = call.fields
    found = await call.hub.search.find(call.actor, wanted.q, wanted.after, limit=wanted.limit)
    groups = found.groups
    body = Found(
        customers=groups.customers,
        requests=groups.requests,
        orders=groups.orders,
        messages=[_message(hit) for hit in groups.messages],
        next=found.next,
    )
    return Answer(200, body)


def _message(hit: MessageHit) -> FoundMessage:
    fields = msgspec.structs.asdict(hit)
    request_id = fields.pop("request_id")
    return FoundMessage(request=None if request_id is None else number_of(request_id), **fields)


operations = [find]
routes = [operation.route for operation in operations]
