"""What leaves the hub: frozen shapes, never rows. `agent_ui/README.md` describes them for browsers."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all shapes."""


class AgentView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
    name: str
    email: str | None
    role: str
    away: bool
    disabled: bool
    is_token: bool


class TeamView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
    name: str
    agents: list[int]
    gone: bool


class CannedView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
    name: str
    text: str
    language: str
    gone: bool


class AccountView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
    name: str
    channel: str
    label: str
    address: str
    capabilities: dict[str, Any]
    state: str
    state_reason: str
    gone: bool


class Way(Shape, frozen=True, kw_only=True):
    """An account through which an answer can go to an endpoint; `why_not` says why it cannot just now."""

    account: str
    channel: str
    why_not: str = ""


class EndpointView(Shape, frozen=True, kw_only=True):
    id: int
    kind: str
    address: str
    scope: str
    held: bool
    assurance: str
    method: str
    proven_at: str | None
    shared: bool
    ways: list[Way]


class Claim(Shape, frozen=True, kw_only=True):
    """What somebody typed about themselves: not proven, chooses nobody."""

    kind: str
    address: str


class SuggestionView(Shape, frozen=True, kw_only=True):
    id: int
    customer_id: int
    name: str
    evidence: list[str]


class ConversationName(Shape, frozen=True, kw_only=True):
    """One of the conversations on a customer's screen."""

    id: int


class CustomerView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
    name: str
    language: str
    kind: str
    provisional: bool
    assurance: str | None
    assurance_method: str
    proven_at: str | None
    endpoints: list[EndpointView]
    says: list[Claim]
    conversations: list[ConversationName]
    joined: list[int]
    numbers: list[dict[str, str]]
    loyalty: Any
    consent: Any
    segments: list[str]
    fields: dict[str, Any]
    suggestions: list[SuggestionView]


class AttachmentView(Shape, frozen=True, kw_only=True):
    id: int
    filename: str
    content_type: str
    size: int
    image: bool


class EndpointName(Shape, frozen=True, kw_only=True):
    id: int
    kind: str
    address: str


class Author(Shape, frozen=True, kw_only=True):
    kind: str
    id: int | None
    name: str


class DeliveryView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
    state: str
    reason: str
    code: str
    account: str
    channel: str
    endpoint: EndpointName | None
    sent_at: str | None
    delivered_at: str | None
    read_at: str | None
    next_try_at: str | None
    undo_until: str | None
    tries: int
    can_retry: bool
    moved_to: EndpointName | None


class EntryView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
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
    remote_images: int
    attachments: list[AttachmentView]
    endpoint: EndpointName | None
    assurance: str | None
    assurance_method: str
    before_proof: bool
    request_id: int | None
    provider_time: str | None
    received_time: str
    automatic: bool
    backfilled: bool
    unreadable: bool
    orders: list[dict[str, Any]]
    delivery: DeliveryView | None
    details: dict[str, Any]


class HiddenEntry(Shape, frozen=True, kw_only=True):
    """What a reader without the right to an entry gets: that there is one."""

    seq: int
    hidden: bool = True


class LastWords(Shape, frozen=True, kw_only=True):
    entry_id: int
    kind: str
    channel: str
    direction: str | None
    author: str
    form: bool
    text: str


class RequestView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
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


class RowView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
    number: str
    customer_id: int
    conversation_id: int
    customer_name: str
    assurance: str | None
    subject: str
    topic: str
    status: str
    owner_id: int | None
    team_id: int | None
    priority: str
    snoozed_until: str | None
    opened_at: str
    waiting_since: str | None
    last_at: str
    unread: bool
    failed: bool
    rank: int
    views: list[str]
    last: LastWords | None


class OrderView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
    source: str
    number: str
    customer_ids: list[int]
    as_of: str
    order: msgspec.Raw
    masked: bool


class DraftView(Shape, frozen=True, kw_only=True):
    id: int
    version: int
    customer_id: int | None
    customer_name: str
    request_id: int | None
    mode: str
    slot: str
    endpoint_id: int | None
    account: str | None
    text: str
    attachments: list[AttachmentView]
    base: dict[int, int] | None
    fields: dict[str, Any] | None
    saved_at: str
    gone: bool


class ConversationView(Shape, frozen=True, kw_only=True):
    """One customer's screen: themselves, the newest page of their timeline, their requests and orders."""

    customer: CustomerView
    entries: list[EntryView]
    floor: tuple[str, int] | None
    requests: list[RequestView]
    orders: list[OrderView]


class ListView(Shape, frozen=True, kw_only=True):
    """One page of an inbox list; `floor` None: this is all there is."""

    view: str
    rows: list[RowView]
    floor: tuple[int, int] | None
