"""What was said, and the requests that it is about."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from hub.models.base import Id, Json, Time, flag, key, metadata, reference, version, words

conversations = Table(
    "conversations",
    metadata,
    key(),
    reference("customers", name="customer_id"),
    Column("last_seq", BigInteger, nullable=False, server_default=text("0")),
    UniqueConstraint("customer_id"),
)

entries = Table(
    "entries",
    metadata,
    key(),
    version(),
    reference("conversations", name="conversation_id"),
    Column("seq", BigInteger, nullable=False),
    Column("shown_at", Time, nullable=False),
    # message | note | call | store_visit | order | assignment | status | merge
    Column("kind", Text, nullable=False),
    # in | out | null
    Column("direction", Text, nullable=True),
    words("channel"),
    reference("accounts", name="account_id", null=True),
    # customer | agent | participant | system | shop
    Column("author_kind", Text, nullable=False),
    Column("author_id", Id, nullable=True),
    words("author_name"),
    words("subject"),
    words("text"),
    Column("quoted_from", Integer, nullable=True),
    flag("has_html"),
    reference("endpoints", name="endpoint_id", null=True, index=True),
    Column("assurance", Text, nullable=True),
    words("assurance_method"),
    Column("request_id", Id, ForeignKey("requests.id"), nullable=True),
    Column("provider_time", Time, nullable=True),
    Column("received_time", Time, nullable=False),
    flag("automatic"),
    flag("backfilled"),
    flag("unreadable"),
    # Its details hold something the customer told us, or was promised.
    flag("tells"),
    Column("client_key", Text, nullable=True),
    Column("fingerprint", Text, nullable=True),
    Column("orders", Json, nullable=False, server_default=text("'[]'")),
    Column("details", Json, nullable=False, server_default=text("'{}'")),
    UniqueConstraint("conversation_id", "seq"),
    UniqueConstraint("author_kind", "author_id", "client_key"),
    Index("ix_entries_shown", "conversation_id", "shown_at", "id"),
    Index("ix_entries_request_id", "request_id", "id"),
    Index("ix_entries_tells", "conversation_id", "seq", sqlite_where=text("tells = 1"), postgresql_where=text("tells")),
)

# HTML and long raw parts of an entry, apart so that a timeline reads only what it shows.
bodies = Table(
    "bodies",
    metadata,
    Column("entry_id", Id, ForeignKey("entries.id"), primary_key=True),
    Column("html", Text, nullable=False),
    Column("remote_images", Integer, nullable=False, server_default=text("0")),
)

# Ids under which a message is known outside (Message-ID, In-Reply-To, References): they choose the request.
outside_ids = Table(
    "outside_ids",
    metadata,
    Column("outside_id", Text, primary_key=True),
    Column("entry_id", Id, ForeignKey("entries.id"), primary_key=True),
    # True for the message's own id, False for ids it merely named.
    flag("own"),
)

attachments = Table(
    "attachments",
    metadata,
    key(),
    reference("entries", name="entry_id", null=True, index=True),
    # Who uploaded it, while it belongs to no entry yet: "agent:5", "visitor:7".
    words("uploaded_by"),
    Column("filename", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("file", Text, nullable=False, index=True),
    words("content_id"),
    flag("inline"),
    flag("image"),
    Column("created_at", Time, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    key(),
    version(),
    reference("conversations", name="conversation_id", index=True),
    words("subject"),
    words("topic"),
    Column("status", Text, nullable=False),
    # What the customer reads about it, where a colleague wrote more than the status says.
    words("status_text"),
    reference("agents", name="owner_id", null=True),
    reference("teams", name="team_id", null=True),
    # low | normal | urgent
    Column("priority", Text, nullable=False, server_default=text("'normal'")),
    words("store"),
    Column("snoozed_until", Time, nullable=True),
    Column("opened_at", Time, nullable=False),
    Column("waiting_since", Time, nullable=True),
    Column("first_response_at", Time, nullable=True),
    Column("resolved_at", Time, nullable=True),
    # Resolution clock: time spent open so far, and since when it runs (null: stopped).
    Column("open_ms", BigInteger, nullable=False, server_default=text("0")),
    Column("open_since", Time, nullable=True),
    Column("last_at", Time, nullable=False),
    Column("last_entry_id", Id, nullable=True),
    flag("unread"),
    # Deliveries that failed and that nobody has dealt with.
    Column("failed", Integer, nullable=False, server_default=text("0")),
    flag("backfilled"),
    # Which list it is in: open | snoozed | resolved | hidden (spam and what is no customer's).
    Column("box", Text, nullable=False, server_default=text("'open'")),
    Column("rank", BigInteger, nullable=False),
    Index("ix_requests_box", "box", "rank", "id"),
    Index("ix_requests_owner", "box", "owner_id", "rank", "id"),
    Index("ix_requests_failed", "rank", "id", sqlite_where=text("failed > 0"), postgresql_where=text("failed > 0")),
    Index(
        "ix_requests_first_response",
        "first_response_at",
        sqlite_where=text("first_response_at IS NOT NULL"),
        postgresql_where=text("first_response_at IS NOT NULL"),
    ),
    Index(
        "ix_requests_snoozed",
        "snoozed_until",
        sqlite_where=text("snoozed_until IS NOT NULL"),
        postgresql_where=text("snoozed_until IS NOT NULL"),
    ),
)

request_orders = Table(
    "request_orders",
    metadata,
    Column("request_id", Id, ForeignKey("requests.id"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("number", Text, primary_key=True),
)

# How many rows each list of the inbox holds, kept as the lists change: counting a million rows is too slow.
inbox_counts = Table(
    "inbox_counts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
)
