"""What a hit shows: whose it is, when it was, and the piece of text that matched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hub.addresses import SESSION_KINDS
from hub.clock import to_text
from hub.database import Reading
from hub.ports.commerce import Order
from hub.repositories import search as sql
from hub.services.order_text import order_text
from hub.services.request_numbers import number_of
from hub.services.search_query import Query
from hub.services.snippets import Span, snippet


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found; `marks` are the spans of `snippet` that match, counted in code points."""

    id: int
    customer_id: int | None
    title: str
    snippet: str
    marks: list[Span]
    at: str


class MessageHit(Hit, frozen=True, kw_only=True):
    conversation_id: int
    request_id: int | None
    seq: int
    kind: str
    channel: str
    direction: str | None
    author: str


class RequestHit(Hit, frozen=True, kw_only=True):
    number: str
    status: str


class CustomerHit(Hit, frozen=True, kw_only=True):
    kind: str


class OrderHit(Hit, frozen=True, kw_only=True):
    source: str
    number: str
    status: str


_decode_order = msgspec.json.Decoder(Order).decode


def messages(rd: Reading, ids: list[int], query: Query, country: str) -> list[MessageHit]:
    """Entries; the title is the customer's name."""
    hits = []
    for row in _in_order(rd.all(sql.message_hits, ids=ids), ids):
        text, marks = snippet(row.text, query, country)
        if not marks and row.subject:
            text, marks = snippet(row.subject, query, country)
        hits.append(
            MessageHit(
                id=row.id,
                customer_id=row.customer_id,
                title=row.customer_name,
                snippet=text,
                marks=marks,
                at=to_text(row.shown_at),
                conversation_id=row.conversation_id,
                request_id=row.request_id,
                seq=row.seq,
                kind=row.kind,
                channel=row.channel,
                direction=row.direction,
                author=row.author_name,
            )
        )
    return hits


def requests(rd: Reading, ids: list[int], query: Query, country: str) -> list[RequestHit]:
    """Requests; the title is the subject."""
    hits = []
    for row in _in_order(rd.all(sql.request_hits, ids=ids), ids):
        number = number_of(row.id)
        words = " · ".join(part for part in (number, row.subject, row.topic, row.customer_name) if part)
        text, marks = snippet(words, query, country)
        hits.append(
            RequestHit(
                id=row.id,
                customer_id=row.customer_id,
                title=row.subject or number,
                snippet=text,
                marks=marks,
                at=to_text(row.last_at),
                number=number,
                status=row.status,
            )
        )
    return hits


def customers(rd: Reading, ids: list[int], query: Query, country: str) -> list[CustomerHit]:
    """Customers; one who was merged into another leads to the other's screen."""
    addresses: dict[int, list[str]] = {}
    for row in rd.all(sql.addresses_of_customers, ids=ids):
        if row.kind not in SESSION_KINDS:
            addresses.setdefault(row.customer_id, []).append(row.shown or row.address)
    hits = []
    for row in _in_order(rd.all(sql.customer_hits, ids=ids), ids):
        theirs = addresses.get(row.id, [])
        text, marks = snippet(" · ".join(part for part in (row.name, *theirs) if part), query, country)
        hits.append(
            CustomerHit(
                id=row.id,
                customer_id=row.customer_id,
                title=row.name or next(iter(theirs), ""),
                snippet=text,
                marks=marks,
                at=to_text(row.created_at),
                kind=row.kind,
            )
        )
    return hits


def orders(rd: Reading, ids: list[int], query: Query, country: str) -> list[OrderHit]:
    """Orders; `customer_id` is whoever holds an address they were placed with."""
    holders: dict[int, int] = {}
    for row in rd.all(sql.holders_of_orders, ids=ids):
        holders.setdefault(row.order_id, row.customer_id)
    hits = []
    for row in _in_order(rd.all(sql.order_hits, ids=ids), ids):
        text, marks = snippet(order_text(row.number, _decode_order(row.body)), query, country)
        hits.append(
            OrderHit(
                id=row.id,
                customer_id=holders.get(row.id),
                title=row.number,
                snippet=text,
                marks=marks,
                at=to_text(row.updated_at if row.placed_at is None else row.placed_at),
                source=row.source,
                number=row.number,
                status=row.status,
            )
        )
    return hits


def _in_order(rows: Sequence[Any], ids: list[int]) -> list[Any]:
    by_id = {row.id: row for row in rows}
    return [by_id[i] for i in ids if i in by_id]
