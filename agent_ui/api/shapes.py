"""What the API answers with: the hub's shapes as programs name things, requests by the number that people say."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from hub.ports.commerce import Order
from hub.services.conversation_views import Fact, Joined, KnownConversation, Promise
from hub.services.customers import KnownCustomer, KnownEndpoint
from hub.services.request_numbers import number_of
from hub.views import (
    AttachmentView,
    Author,
    DeliveryView,
    EndpointName,
    EntryView,
    HiddenEntry,
    OrderView,
    RequestView,
    Shape,
)


class EntryAnswer(Shape, frozen=True, kw_only=True):
    """One item of a conversation."""

    id: int
    conversation_id: int
    customer_id: int
    seq: int
    shown_at: str
    kind: str
    direction: Literal["in", "out"] | None
    channel: str
    account: str
    author: Author
    subject: str
    text: str
    quoted_from: int | None
    has_html: bool
    attachments: list[AttachmentView]
    endpoint: EndpointName | None
    assurance: str | None
    assurance_method: str
    before_proof: bool
    request: str | None
    provider_time: str | None
    received_time: str
    automatic: bool
    backfilled: bool
    unreadable: bool
    orders: list[dict[str, Any]]
    delivery: DeliveryView | None
    details: dict[str, Any]


class RequestAnswer(Shape, frozen=True, kw_only=True):
    """One matter inside a conversation. `status_text` is what the customer reads."""

    number: str
    customer_id: int
    conversation_id: int
    subject: str
    topic: str
    status: str
    status_text: str
    owner_id: int | None
    team_id: int | None
    priority: str
    store: str
    snoozed_until: str | None
    opened_at: str
    first_response_at: str | None
    resolved_at: str | None
    waiting_since: str | None
    clocks: dict[str, int | None]
    orders: list[dict[str, str]]


class OrderAnswer(Order, frozen=True, kw_only=True, omit_defaults=False):
    """An order as the shop told it, and when. `masked`: only enough of it to recognise it."""

    id: int
    version: int
    source: str
    number: str
    as_of: str
    customer_ids: list[int]
    masked: bool


class CustomerAnswer(Shape, frozen=True, kw_only=True):
    """A customer; an endpoint that is not `held` was only claimed by somebody, and proves nothing."""

    id: int
    version: int
    name: str
    language: str
    kind: str
    provisional: bool
    merged_into: int | None
    conversation_id: int
    last_seq: int
    assurance: str | None
    assurance_method: str
    proven_at: str | None
    endpoints: list[KnownEndpoint]
    numbers: list[dict[str, str]]
    loyalty: Any
    consent: Any
    segments: list[str]
    fields: dict[str, Any]
    orders: list[OrderAnswer]
    requests: list[RequestAnswer]


class ConversationAnswer(Shape, frozen=True, kw_only=True):
    """A customer's lifelong conversation but for its entries. `joined` starts with itself."""

    id: int
    customer_id: int
    customer: CustomerAnswer
    endpoints: list[KnownEndpoint]
    facts: list[Fact]
    requests: list[RequestAnswer]
    orders: list[OrderAnswer]
    promises: list[Promise]
    last_seq: int
    joined: list[Joined]


def entry(view: EntryView) -> EntryAnswer:
    """An entry as the API tells it."""
    fields = {name: getattr(view, name) for name in EntryAnswer.__struct_fields__ if name != "request"}
    return EntryAnswer(request=None if view.request_id is None else number_of(view.request_id), **fields)


def entry_or_hidden(view: EntryView | HiddenEntry) -> EntryAnswer | HiddenEntry:
    """What may be told of an entry."""
    return view if isinstance(view, HiddenEntry) else entry(view)


def request(view: RequestView) -> RequestAnswer:
    """A request as the API tells it."""
    return RequestAnswer(**{name: getattr(view, name) for name in RequestAnswer.__struct_fields__})


def order(view: OrderView) -> dict[str, Any]:
    """An order as the API tells it: an `OrderAnswer` with every field written out."""
    told: dict[str, Any] = _whole(msgspec.json.decode(view.order, type=Order))
    ours = ("id", "version", "source", "number", "as_of", "customer_ids", "masked")
    return told | {name: getattr(view, name) for name in ours}


def _whole(value: Any) -> Any:
    """A value with all its fields, also those that are as they would be without being said."""
    if isinstance(value, msgspec.Struct):
        return {name: _whole(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def customer(known: KnownCustomer) -> dict[str, Any]:
    """A customer as the API tells them: a `CustomerAnswer`."""
    view = known.customer
    own = ("id", "version", "name", "language", "kind", "provisional", "assurance", "assurance_method", "proven_at")
    beside = ("numbers", "loyalty", "consent", "segments", "fields")
    return {name: getattr(view, name) for name in own + beside} | {
        "merged_into": known.merged_into,
        "conversation_id": known.conversation_id,
        "last_seq": known.last_seq,
        "endpoints": known.endpoints,
        "orders": [order(item) for item in known.orders],
        "requests": [request(item) for item in known.requests],
    }


def conversation(known: KnownConversation) -> dict[str, Any]:
    """A conversation as the API tells it: a `ConversationAnswer`."""
    whose = customer(known.customer)
    return {
        "id": known.id,
        "customer_id": whose["id"],
        "customer": whose,
        "endpoints": whose["endpoints"],
        "facts": known.facts,
        "requests": [request(item) for item in known.requests],
        "orders": whose["orders"],
        "promises": known.promises,
        "last_seq": known.last_seq,
        "joined": known.joined,
    }
