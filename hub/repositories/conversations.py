"""Statements on conversations, their entries, and what hangs on an entry."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, literal_column, select, tuple_, update

from hub.database import Statement, among, bound
from hub.models import accounts, attachments, bodies, conversations, endpoints, entries, outside_ids

next_seq = Statement(
    update(conversations)
    .where(conversations.c.id == bindparam("conversation_id"))
    .values(last_seq=conversations.c.last_seq + literal_column("1"))
    .returning(conversations.c.last_seq, conversations.c.customer_id)
)
conversation_of_customer = Statement(
    select(conversations.c.id, conversations.c.last_seq).where(conversations.c.customer_id == bindparam("customer_id"))
)

ADDED = (
    "conversation_id",
    "seq",
    "shown_at",
    "kind",
    "direction",
    "channel",
    "account_id",
    "author_kind",
    "author_id",
    "author_name",
    "subject",
    "text",
    "quoted_from",
    "has_html",
    "endpoint_id",
    "assurance",
    "assurance_method",
    "request_id",
    "provider_time",
    "received_time",
    "automatic",
    "backfilled",
    "unreadable",
    "tells",
    "client_key",
    "fingerprint",
    "orders",
    "details",
)
add = Statement(insert(entries).values(bound(entries, *ADDED)).returning(entries.c.id))

_ENTRY = (
    entries.c.id,
    entries.c.version,
    *(entries.c[name] for name in ADDED),
    endpoints.c.kind.label("endpoint_kind"),
    endpoints.c.shown.label("endpoint_shown"),
    endpoints.c.proven_at.label("endpoint_proven_at"),
    accounts.c.name.label("account"),
    bodies.c.remote_images,
)
_FROM = (
    entries.outerjoin(endpoints, endpoints.c.id == entries.c.endpoint_id)
    .outerjoin(accounts, accounts.c.id == entries.c.account_id)
    .outerjoin(bodies, bodies.c.entry_id == entries.c.id)
)
entry = Statement(select(*_ENTRY).select_from(_FROM).where(entries.c.id == bindparam("entry_id")))
some = Statement(select(*_ENTRY).select_from(_FROM).where(among(entries.c.id, "entry_ids")))
after_seq = Statement(
    select(*_ENTRY)
    .select_from(_FROM)
    .where(entries.c.conversation_id == bindparam("conversation_id"), entries.c.seq > bindparam("seq"))
    .order_by(entries.c.seq)
    .limit(bindparam("limit"))
)
before = Statement(
    select(*_ENTRY)
    .select_from(_FROM)
    .where(
        entries.c.conversation_id == bindparam("conversation_id"),
        tuple_(entries.c.shown_at, entries.c.id)
        < tuple_(bindparam("shown_at", type_=entries.c.shown_at.type), bindparam("entry_id", type_=entries.c.id.type)),
    )
    .order_by(entries.c.shown_at.desc(), entries.c.id.desc())
    .limit(bindparam("limit"))
)
after = Statement(
    select(*_ENTRY)
    .select_from(_FROM)
    .where(
        entries.c.conversation_id == bindparam("conversation_id"),
        tuple_(entries.c.shown_at, entries.c.id)
        > tuple_(bindparam("shown_at", type_=entries.c.shown_at.type), bindparam("entry_id", type_=entries.c.id.type)),
    )
    .order_by(entries.c.shown_at, entries.c.id)
    .limit(bindparam("limit"))
)
since = Statement(
    select(*_ENTRY)
    .select_from(_FROM)
    .where(
        entries.c.conversation_id == bindparam("conversation_id"),
        tuple_(entries.c.shown_at, entries.c.id)
        >= tuple_(bindparam("shown_at", type_=entries.c.shown_at.type), bindparam("entry_id", type_=entries.c.id.type)),
    )
    .order_by(entries.c.shown_at.desc(), entries.c.id.desc())
    .limit(bindparam("limit"))
)
said_after = Statement(
    select(entries.c.id, entries.c.author_kind, entries.c.author_id)
    .where(
        entries.c.conversation_id == bindparam("conversation_id"),
        entries.c.seq > bindparam("seq"),
        entries.c.automatic.is_(literal_column("false")),
        entries.c.backfilled.is_(literal_column("false")),
        entries.c.author_kind.in_(
            [literal_column("'customer'"), literal_column("'participant'"), literal_column("'agent'")]
        ),
    )
    .order_by(entries.c.seq)
)
at_seq = Statement(
    select(entries.c.id).where(
        entries.c.conversation_id == bindparam("conversation_id"), entries.c.seq == bindparam("seq")
    )
)
said_since = Statement(
    select(entries.c.id, entries.c.author_kind, entries.c.author_id)
    .where(
        entries.c.conversation_id == bindparam("conversation_id"),
        entries.c.id > bindparam("entry_id"),
        entries.c.automatic.is_(literal_column("false")),
        entries.c.backfilled.is_(literal_column("false")),
        entries.c.author_kind.in_(
            [literal_column("'customer'"), literal_column("'participant'"), literal_column("'agent'")]
        ),
    )
    .order_by(entries.c.id)
)
last_assignment = Statement(
    select(entries.c.id, entries.c.seq, entries.c.conversation_id, entries.c.author_id)
    .where(
        entries.c.kind == literal_column("'assignment'"),
        entries.c.request_id == bindparam("request_id"),
    )
    .order_by(entries.c.id.desc())
    .limit(literal_column("1"))
)
words_of_endpoint = Statement(
    select(entries.c.subject, entries.c.text)
    .where(entries.c.endpoint_id == bindparam("endpoint_id"), entries.c.direction == literal_column("'in'"))
    .order_by(entries.c.id.desc())
    .limit(literal_column("200"))
)
by_key = Statement(
    select(entries.c.id, entries.c.fingerprint).where(
        entries.c.author_kind == bindparam("author_kind"),
        entries.c.author_id == bindparam("author_id"),
        entries.c.client_key == bindparam("client_key"),
    )
)
newest_of_endpoint = Statement(
    select(entries.c.id)
    .where(entries.c.endpoint_id == bindparam("endpoint_id"))
    .order_by(entries.c.id.desc())
    .limit(literal_column("100"))
)
newest_ids = Statement(
    select(entries.c.id)
    .where(entries.c.conversation_id == bindparam("conversation_id"))
    .order_by(entries.c.shown_at.desc(), entries.c.id.desc())
    .limit(literal_column("100"))
)
of_endpoint_newest = Statement(
    select(entries.c.id)
    .where(
        entries.c.conversation_id == bindparam("conversation_id"),
        entries.c.endpoint_id == bindparam("endpoint_id"),
        entries.c.kind == literal_column("'message'"),
        entries.c.id < bindparam("before", type_=entries.c.id.type),
    )
    .order_by(entries.c.id.desc())
    .limit(bindparam("limit"))
)
last_inbound = Statement(
    select(entries.c.id, entries.c.endpoint_id, entries.c.account_id, entries.c.channel, entries.c.subject)
    .where(
        entries.c.conversation_id == bindparam("conversation_id"),
        entries.c.direction == literal_column("'in'"),
        entries.c.kind == literal_column("'message'"),
        entries.c.endpoint_id.is_not(None),
    )
    .order_by(entries.c.shown_at.desc(), entries.c.id.desc())
    .limit(literal_column("1"))
)
_from_endpoint = (
    select(
        entries.c.id,
        entries.c.account_id,
        entries.c.subject,
        entries.c.text,
        entries.c.quoted_from,
        entries.c.author_name,
        entries.c.shown_at,
        entries.c.details,
    )
    .where(
        entries.c.conversation_id == bindparam("conversation_id"),
        entries.c.endpoint_id == bindparam("endpoint_id"),
        entries.c.direction == literal_column("'in'"),
        entries.c.kind == literal_column("'message'"),
    )
    .order_by(entries.c.shown_at.desc(), entries.c.id.desc())
    .limit(literal_column("1"))
)
last_from_endpoint = Statement(_from_endpoint)
last_from_endpoint_before = Statement(
    _from_endpoint.where(entries.c.seq < bindparam("before", type_=entries.c.seq.type))
)
bump = Statement(
    update(entries)
    .where(entries.c.id == bindparam("entry_id"))
    .values(version=entries.c.version + literal_column("1"))
    .returning(entries.c.request_id, entries.c.conversation_id)
)
move = Statement(
    update(entries)
    .where(entries.c.id == bindparam("entry_id"))
    .values(version=entries.c.version + literal_column("1"), **bound(entries, "request_id"))
)

add_body = Statement(insert(bodies).values(bound(bodies, "entry_id", "html", "remote_images")))
body = Statement(select(bodies.c.html).where(bodies.c.entry_id == bindparam("entry_id")))

add_outside_id = Statement(
    lambda d: (
        d.insert(outside_ids)
        .values(bound(outside_ids, "outside_id", "entry_id", "own"))
        .on_conflict_do_nothing(index_elements=["outside_id", "entry_id"])
    )
)
by_outside_id = Statement(
    select(outside_ids.c.entry_id, entries.c.request_id, entries.c.conversation_id)
    .join(entries, entries.c.id == outside_ids.c.entry_id)
    .where(outside_ids.c.outside_id == bindparam("outside_id"))
    .order_by(outside_ids.c.own.desc(), outside_ids.c.entry_id.desc())
    .limit(literal_column("5"))
)
outside_ids_of = Statement(
    select(outside_ids.c.outside_id)
    .where(outside_ids.c.entry_id == bindparam("entry_id"), outside_ids.c.own)
    .order_by(outside_ids.c.outside_id)
)
named_ids_of = Statement(
    select(outside_ids.c.outside_id)
    .where(outside_ids.c.entry_id == bindparam("entry_id"), outside_ids.c.own.is_(literal_column("false")))
    .order_by(outside_ids.c.outside_id)
)

_FILE = (
    attachments.c.id,
    attachments.c.entry_id,
    attachments.c.filename,
    attachments.c.content_type,
    attachments.c.size,
    attachments.c.file,
    attachments.c.content_id,
    attachments.c.inline,
    attachments.c.image,
    attachments.c.uploaded_by,
)
add_attachment = Statement(
    insert(attachments)
    .values(
        bound(
            attachments,
            "entry_id",
            "uploaded_by",
            "filename",
            "content_type",
            "size",
            "file",
            "content_id",
            "inline",
            "image",
            "created_at",
        )
    )
    .returning(attachments.c.id)
)
attachment = Statement(select(*_FILE).where(attachments.c.id == bindparam("attachment_id")))
attachments_of = Statement(select(*_FILE).where(among(attachments.c.entry_id, "entry_ids")).order_by(attachments.c.id))
# By which endpoints these files came or went.
endpoints_of_files = Statement(
    select(attachments.c.file, entries.c.endpoint_id)
    .join(entries, entries.c.id == attachments.c.entry_id)
    .where(
        among(attachments.c.file, "files"),
        among(entries.c.conversation_id, "conversation_ids"),
        entries.c.endpoint_id.is_not(None),
    )
    .distinct()
)
attach = Statement(
    update(attachments)
    .where(
        attachments.c.id == bindparam("attachment_id"),
        attachments.c.uploaded_by == bindparam("uploaded_by"),
        attachments.c.entry_id.is_(None),
    )
    .values(entry_id=bindparam("into_entry", type_=attachments.c.entry_id.type))
)
