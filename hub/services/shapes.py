"""Rows of the database as the shapes that leave the hub, one function each; nothing here reads."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.clock import to_text
from hub.services.conversations import preview
from hub.services.identities import usable
from hub.services.request_lists import lists_of
from hub.services.request_numbers import number_of
from hub.services.requests import public_status
from hub.views import (
    AgentView,
    AttachmentView,
    Author,
    Claim,
    DeliveryView,
    EndpointName,
    EndpointView,
    EntryView,
    LastWords,
    RequestView,
    RowView,
    Way,
)


class Shown(msgspec.Struct, frozen=True):
    """The customer on whose screen something shows, as a row of the inbox names them."""

    id: int
    name: str
    assurance: str | None


def time_or_none(ms: int | None) -> str | None:
    return None if ms is None else to_text(ms)


def attachment(row: Any) -> AttachmentView:
    return AttachmentView(
        id=row.id, filename=row.filename, content_type=row.content_type, size=row.size, image=row.image
    )


def endpoint_name(row: Any) -> EndpointName | None:
    if row.endpoint_id is None:
        return None
    return EndpointName(id=row.endpoint_id, kind=row.endpoint_kind, address=row.endpoint_shown)


def entry_view(row: Any, customer_id: int, files: list[AttachmentView], sent: list[Any]) -> EntryView:
    proven = row.endpoint_proven_at
    return EntryView(
        id=row.id,
        version=row.version,
        conversation_id=row.conversation_id,
        customer_id=customer_id,
        seq=row.seq,
        shown_at=to_text(row.shown_at),
        kind=row.kind,
        direction=row.direction,
        channel=row.channel,
        account=row.account or "",
        author=Author(kind=row.author_kind, id=row.author_id, name=row.author_name),
        subject=row.subject,
        text=row.text,
        quoted_from=row.quoted_from,
        has_html=row.has_html,
        remote_images=row.remote_images or 0,
        attachments=files,
        endpoint=endpoint_name(row),
        assurance=row.assurance,
        assurance_method=row.assurance_method,
        before_proof=bool(row.assurance == "claimed" and proven is not None and row.received_time < proven),
        request_id=row.request_id,
        provider_time=time_or_none(row.provider_time),
        received_time=to_text(row.received_time),
        automatic=row.automatic,
        backfilled=row.backfilled,
        unreadable=row.unreadable,
        orders=msgspec.json.decode(row.orders),
        delivery=delivery_view(sent),
        details=msgspec.json.decode(row.details),
    )


# The state of a message in several parts is that of its least advanced part.
_ADVANCE = ("failed", "uncertain", "cancelled", "scheduled", "queued", "sending", "sent", "delivered", "read")


def delivery_view(rows: list[Any]) -> DeliveryView | None:
    """One line for all attempts and parts: the newest attempt on the way chosen, and where it moved on to."""
    if not rows:
        return None
    replaced = {row.follows_id for row in rows if row.follows_id is not None}
    way = rows[0].account_id
    current = [row for row in rows if row.account_id == way and row.id not in _retried(rows, replaced, way)]
    shown = min(current, key=lambda row: _ADVANCE.index(row.state))
    moved = next((row for row in reversed(rows) if row.account_id != way), None)
    if moved is not None:
        shown = moved
    return DeliveryView(
        id=shown.id,
        version=shown.version,
        state=shown.state,
        reason=shown.reason,
        code=shown.code,
        account=shown.account,
        channel=shown.channel,
        endpoint=endpoint_name(shown),
        sent_at=time_or_none(shown.sent_at),
        delivered_at=time_or_none(shown.delivered_at),
        read_at=time_or_none(shown.read_at),
        next_try_at=time_or_none(shown.next_try_at) if shown.state in {"scheduled", "queued"} else None,
        undo_until=time_or_none(shown.undo_until),
        tries=shown.tries,
        can_retry=shown.state in {"failed", "uncertain", "cancelled"},
        moved_to=endpoint_name(moved) if moved is not None else None,
    )


def _retried(rows: list[Any], replaced: set[int], way: int) -> set[int]:
    return {
        row.id
        for row in rows
        if row.id in replaced and any(r.follows_id == row.id and r.account_id == way for r in rows)
    }


def request_view(row: Any, customer_id: int, linked: list[dict[str, str]]) -> RequestView:
    first = row.first_response_at
    return RequestView(
        id=row.id,
        version=row.version,
        number=number_of(row.id),
        customer_id=customer_id,
        conversation_id=row.conversation_id,
        subject=row.subject,
        topic=row.topic,
        status=row.status,
        status_text=public_status(row),
        owner_id=row.owner_id,
        team_id=row.team_id,
        priority=row.priority,
        store=row.store,
        snoozed_until=time_or_none(row.snoozed_until),
        opened_at=to_text(row.opened_at),
        first_response_at=time_or_none(first),
        resolved_at=time_or_none(row.resolved_at),
        waiting_since=time_or_none(row.waiting_since),
        clocks={
            "first_response_s": None if first is None else (first - row.opened_at) // 1000,
            "resolution_s": row.open_ms // 1000 if row.status == "resolved" else None,
        },
        orders=linked,
    )


def row_view(row: Any, customer: Shown) -> RowView:
    return RowView(
        id=row.id,
        version=row.version,
        number=number_of(row.id),
        customer_id=customer.id,
        conversation_id=row.conversation_id,
        customer_name=customer.name,
        assurance=customer.assurance,
        subject=row.subject,
        topic=row.topic,
        status=row.status,
        owner_id=row.owner_id,
        team_id=row.team_id,
        priority=row.priority,
        snoozed_until=time_or_none(row.snoozed_until),
        opened_at=to_text(row.opened_at),
        waiting_since=time_or_none(row.waiting_since),
        last_at=to_text(row.last_at),
        unread=row.unread,
        failed=row.failed > 0,
        rank=row.rank,
        views=lists_of(row),
        last=last_words(row),
    )


class _Details(msgspec.Struct, frozen=True):
    form: Any = False


_details = msgspec.json.Decoder(_Details).decode


def last_words(row: Any) -> LastWords | None:
    if row.words_id is None:
        return None
    return LastWords(
        entry_id=row.words_id,
        kind=row.words_kind,
        channel=row.words_channel,
        direction=row.words_direction,
        author=row.words_author,
        form=_details(row.words_details).form is True,
        text=preview(row.words_text, row.words_quoted_from) or row.words_subject,
    )


def says(endpoints: list[Any]) -> list[Claim]:
    """What this customer says about themselves and nobody has proven."""
    held = {(row.kind, row.address) for row in endpoints if row.held}
    claims = [row for row in usable(endpoints) if not row.held and (row.kind, row.address) not in held]
    return [Claim(kind=row.kind, address=row.shown) for row in claims]


def endpoint_view(row: Any, ways: dict[tuple[str, str], list[Way]]) -> EndpointView:
    return EndpointView(
        id=row.id,
        kind=row.kind,
        address=row.shown,
        scope=row.scope,
        held=row.held,
        assurance=row.assurance,
        method=row.method,
        proven_at=time_or_none(row.proven_at),
        shared=row.shared,
        ways=ways.get((row.kind, row.scope), []),
    )


def agent_view(row: Any) -> AgentView:
    return AgentView(
        id=row.id,
        version=row.version,
        name=row.name,
        email=row.email,
        role=row.role,
        away=row.away,
        disabled=row.disabled,
        is_token=row.is_token,
    )
