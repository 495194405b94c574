"""Entries: appended with a dense number, never rewritten or deleted."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.database import Transaction
from hub.ports.message import AttachmentIn
from hub.repositories import conversations as sql
from hub.repositories import requests as requests_sql
from hub.services import mentions, search

# A provider's time is believed when it is not in the future and not absurdly old.
_CLOCK_SKEW_MS = 5 * 60_000
_OLDEST_MS = 315_532_800_000  # 1980

PREVIEW = 200


class NewEntry(msgspec.Struct, kw_only=True):
    """What is to be appended. `text` is already clean; `provider_time` is what the other side says, unchecked."""

    conversation_id: int
    kind: str
    author_kind: str
    author_id: int | None = None
    author_name: str = ""
    direction: str | None = None
    channel: str = ""
    account_id: int | None = None
    subject: str = ""
    text: str = ""
    html: str = ""
    remote_images: int = 0
    quoted_from: int | None = None
    endpoint_id: int | None = None
    assurance: str | None = None
    assurance_method: str = ""
    request_id: int | None = None
    provider_time: int | None = None
    received_time: int | None = None
    # What it answers was said then: whatever the other side's clock says, an answer is read after it.
    answers_at: int | None = None
    automatic: bool = False
    backfilled: bool = False
    unreadable: bool = False
    client_key: str | None = None
    fingerprint: str | None = None
    # The number of an order that it is about, where that was said apart from the words.
    order: str = ""
    details: dict[str, Any] = {}


class Appended(msgspec.Struct, frozen=True):
    """The entry's id and its number in its conversation."""

    id: int
    seq: int


def shown_at(provider_time: int | None, now: int) -> int:
    """The time under which an entry is read: the provider's where plausible, else ours."""
    if provider_time is None or provider_time > now + _CLOCK_SKEW_MS or provider_time < _OLDEST_MS:
        return now
    return min(provider_time, now)


def append(tx: Transaction, entry: NewEntry) -> Appended:
    """Append an entry, find the orders it names, index its words."""
    now = entry.received_time if entry.received_time is not None else tx.now
    when = shown_at(entry.provider_time, now)
    if entry.answers_at is not None:
        when = max(when, entry.answers_at + 1)
    named = mentions.mentions(tx, entry.text, f"{entry.subject} {entry.order}") if entry.kind != "order" else []
    seq = tx.one(sql.next_seq, conversation_id=entry.conversation_id).last_seq
    values = msgspec.structs.asdict(entry) | {
        "seq": seq,
        "shown_at": when,
        "received_time": now,
        "has_html": bool(entry.html),
        "tells": bool(entry.details.get("facts") or entry.details.get("promise")),
        "orders": msgspec.json.encode(named).decode(),
        "details": msgspec.json.encode(entry.details).decode(),
    }
    entry_id = tx.value(sql.add, **values)
    if entry.html:
        tx.run(sql.add_body, entry_id=entry_id, html=entry.html, remote_images=entry.remote_images)
    if entry.text or entry.subject:
        search.index_message(tx, entry_id, when, entry.text, entry.subject)
    if entry.request_id is not None:
        for mention in named:
            tx.run(requests_sql.link_order, request_id=entry.request_id, source=mention.source, number=mention.number)
    tx.touch("entries", entry_id)
    return Appended(entry_id, seq)


def link_outside_ids(tx: Transaction, entry_id: int, own: tuple[str, ...], named: tuple[str, ...]) -> None:
    """Remember under which ids an entry is known outside, its own and those it names."""
    for outside_id in own[:20]:
        tx.run(sql.add_outside_id, outside_id=outside_id, entry_id=entry_id, own=True)
    for outside_id in named[:50]:
        if outside_id not in own:
            tx.run(sql.add_outside_id, outside_id=outside_id, entry_id=entry_id, own=False)


def add_attachment(
    tx: Transaction, entry_id: int | None, item: AttachmentIn, *, file: str, size: int, image: bool, by: str = ""
) -> int:
    """Note a stored file as an entry's attachment, or as one uploaded by `by` that waits for its entry."""
    attachment_id: int = tx.value(
        sql.add_attachment,
        entry_id=entry_id,
        uploaded_by=by,
        filename=item.filename,
        content_type=item.content_type,
        size=size,
        file=file,
        content_id=item.content_id,
        inline=item.inline,
        image=image,
        created_at=tx.now,
    )
    return attachment_id


def preview(text: str, quoted_from: int | None = None) -> str:
    """The first words of what was said now, in one line."""
    fresh = text if quoted_from is None else text[:quoted_from]
    return " ".join((fresh.strip() or text)[: PREVIEW * 4].split())[:PREVIEW]
