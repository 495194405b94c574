"""Every table. The same on SQLite and PostgreSQL; `migrations/` builds it, a test holds the two together.

Times are milliseconds since 1970 (UTC) in 64 bits, JSON is text: both read the same from either database.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite makes ids by itself only for a column declared INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")
Time = BigInteger
Json = Text


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _version() -> Column[int]:
    return Column("version", BigInteger, nullable=False, server_default=text("1"))


def _to(target: str, *, name: str, null: bool = False, index: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(f"{target}.id"), nullable=null, index=index)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean(create_constraint=False), nullable=False, server_default=false())


def _words(name: str, *, default: str = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text(f"'{default}'"))


settings = Table("settings", metadata, Column("key", Text, primary_key=True), Column("value", Json, nullable=False))

# --- who works here ---------------------------------------------------------------------------------------------

agents = Table(
    "agents",
    metadata,
    _id(),
    _version(),
    _words("name"),
    Column("email", Text, nullable=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=True),
    _flag("disabled"),
    _flag("away"),
    # A token acts as a colleague named after it.
    _flag("is_token"),
    Column("created_at", Time, nullable=False),
    UniqueConstraint("email"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret_hash", Text, primary_key=True),
    _to("agents", name="agent_id", index=True),
    _words("csrf"),
    Column("created_at", Time, nullable=False),
    Column("last_seen_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    _words("browser"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("secret_hash", Text, primary_key=True),
    _to("agents", name="agent_id", null=True, index=True),
    # invite | reset | first
    Column("purpose", Text, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("used_at", Time, nullable=True),
)

# Attempts to sign in under a name since the last one that went well, whether or not somebody of that name works here.
sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Time, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    _to("agents", name="agent_id"),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=True),
    Column("last_used_at", Time, nullable=True),
    Column("revoked_at", Time, nullable=True),
    UniqueConstraint("secret_hash"),
)

teams = Table("teams", metadata, _id(), _version(), _words("name"), _flag("gone"))

team_members = Table(
    "team_members",
    metadata,
    Column("team_id", Id, ForeignKey("teams.id"), primary_key=True),
    Column("agent_id", Id, ForeignKey("agents.id"), primary_key=True),
)

canned = Table("canned", metadata, _id(), _version(), _words("name"), _words("text"), _words("language"), _flag("gone"))

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", Time, nullable=False),
    _to("agents", name="agent_id", null=True),
    Column("action", Text, nullable=False),
    # What it was done to, as "customer:12". Ids only: the audit trail outlives an erasure.
    _words("subject"),
    Column("details", Json, nullable=False, server_default=text("'{}'")),
)

# --- ways to reach us -------------------------------------------------------------------------------------------

accounts = Table(
    "accounts",
    metadata,
    _id(),
    _version(),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False),
    _words("label"),
    # Plain settings; secrets are encrypted in `secrets` with a key that is not in the database.
    Column("settings", Json, nullable=False, server_default=text("'{}'")),
    Column("secrets", Text, nullable=False, server_default=text("''")),
    # new | connecting | ok | failing
    Column("state", Text, nullable=False, server_default=text("'new'")),
    _words("state_reason"),
    _words("cursor"),
    _flag("gone"),
    Column("created_at", Time, nullable=False),
    UniqueConstraint("name"),
)

intake = Table(
    "intake",
    metadata,
    _id(),
    _to("accounts", name="account_id"),
    Column("external_id", Text, nullable=False),
    Column("received_at", Time, nullable=False),
    # Small bodies stand here, large ones in the file store under `file`.
    Column("body", LargeBinary, nullable=True),
    Column("file", Text, nullable=True),
    Column("headers", Json, nullable=False, server_default=text("'{}'")),
    Column("fingerprint", Text, nullable=False),
    # stored | entry | duplicate | ignored | receipt | order | failed
    Column("state", Text, nullable=False),
    _words("reason"),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("entry_id", Id, nullable=True, index=True),
    _flag("backfilled"),
    UniqueConstraint("account_id", "external_id"),
    Index("ix_intake_waiting", "id", sqlite_where=text("state = 'stored'"), postgresql_where=text("state = 'stored'")),
    Index("ix_intake_file", "file", sqlite_where=text("file IS NOT NULL"), postgresql_where=text("file IS NOT NULL")),
)

_EXPIRES = text("expires_at IS NOT NULL")

# What arrived once and may come again by another way. One mail that reaches several of our accounts is one entry, for
# example: its Message-ID and the hash of its body say so.
copies = Table(
    "copies",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("entry_id", Id, nullable=False),
    Column("at", Time, nullable=False),
    # From then on it is no copy any more; null: for ever.
    Column("expires_at", Time, nullable=True),
    Index("ix_copies_expires_at", "expires_at", sqlite_where=_EXPIRES, postgresql_where=_EXPIRES),
)

# --- who writes to us -------------------------------------------------------------------------------------------

customers = Table(
    "customers",
    metadata,
    _id(),
    _version(),
    _words("name"),
    _words("language"),
    # person | spam | not_customer
    Column("kind", Text, nullable=False, server_default=text("'person'")),
    _flag("provisional"),
    _to("customers", name="merged_into", null=True, index=True),
    Column("created_at", Time, nullable=False),
)

# A customer as the shop knows them.
shop_customers = Table(
    "shop_customers",
    metadata,
    _id(),
    Column("source", Text, nullable=False),
    Column("number", Text, nullable=False),
    _to("customers", name="customer_id", null=True, index=True),
    Column("updated_at", Time, nullable=False),
    Column("body", Json, nullable=False),
    UniqueConstraint("source", "number"),
)

merges = Table(
    "merges",
    metadata,
    _id(),
    _to("customers", name="customer_id", index=True),
    _to("customers", name="into_id"),
    _words("reason"),
    Column("agent_id", Id, nullable=True),
    Column("at", Time, nullable=False),
    Column("undone_at", Time, nullable=True),
)

suggestions = Table(
    "suggestions",
    metadata,
    _id(),
    _to("customers", name="customer_id", index=True),
    _to("customers", name="other_id"),
    Column("evidence", Json, nullable=False),
    # '' | same | not_same
    _words("verdict"),
    Column("at", Time, nullable=False),
    UniqueConstraint("customer_id", "other_id"),
)

_HELD = text("held AND NOT shared")
_CLAIMED = text("NOT held")

endpoints = Table(
    "endpoints",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    _words("scope"),
    Column("address", Text, nullable=False),
    # The address as its owner writes it.
    _words("shown"),
    _to("customers", name="customer_id", index=True),
    _flag("held"),
    _flag("shared"),
    # Whose claim it is, for what was typed and not proven; '' when held.
    _words("session"),
    Column("assurance", Text, nullable=False, server_default=text("'claimed'")),
    _words("method"),
    Column("proven_at", Time, nullable=True),
    Column("seen_at", Time, nullable=False),
    # When a session-bound endpoint was last here; the answer goes by another way once it has left.
    Column("left_at", Time, nullable=True),
    Index("uq_endpoints_held", "kind", "scope", "address", unique=True, sqlite_where=_HELD, postgresql_where=_HELD),
    Index(
        "uq_endpoints_claimed",
        "session",
        "kind",
        "address",
        unique=True,
        sqlite_where=_CLAIMED,
        postgresql_where=_CLAIMED,
    ),
    Index("ix_endpoints_address", "kind", "address"),
)

# Learnt by a click: what comes from these addresses is no customer's.
address_marks = Table(
    "address_marks",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    # spam | not_customer
    Column("mark", Text, nullable=False),
    Column("agent_id", Id, nullable=True),
    Column("at", Time, nullable=False),
)

_SILENT = text("endpoint_id IS NULL")

# A browser in front of a widget. Only the hash of its token is here.
visitors = Table(
    "visitors",
    metadata,
    _id(),
    _to("accounts", name="account_id"),
    Column("token_hash", Text, nullable=False),
    _to("endpoints", name="endpoint_id", null=True, index=True),
    # What the shop's token said, when it proved who this is.
    Column("identity", Json, nullable=False, server_default=text("'{}'")),
    _words("name"),
    _words("email"),
    Column("created_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("gone_at", Time, nullable=True),
    UniqueConstraint("token_hash"),
    Index("ix_visitors_silent", "seen_at", sqlite_where=_SILENT, postgresql_where=_SILENT),
)

# --- what was said ----------------------------------------------------------------------------------------------

conversations = Table(
    "conversations",
    metadata,
    _id(),
    _to("customers", name="customer_id"),
    Column("last_seq", BigInteger, nullable=False, server_default=text("0")),
    UniqueConstraint("customer_id"),
)

entries = Table(
    "entries",
    metadata,
    _id(),
    _version(),
    _to("conversations", name="conversation_id"),
    Column("seq", BigInteger, nullable=False),
    Column("shown_at", Time, nullable=False),
    # message | note | call | store_visit | order | assignment | status | merge
    Column("kind", Text, nullable=False),
    # in | out | null
    Column("direction", Text, nullable=True),
    _words("channel"),
    _to("accounts", name="account_id", null=True),
    # customer | agent | participant | system | shop
    Column("author_kind", Text, nullable=False),
    Column("author_id", Id, nullable=True),
    _words("author_name"),
    _words("subject"),
    _words("text"),
    Column("quoted_from", Integer, nullable=True),
    _flag("has_html"),
    _to("endpoints", name="endpoint_id", null=True, index=True),
    Column("assurance", Text, nullable=True),
    _words("assurance_method"),
    Column("request_id", Id, ForeignKey("requests.id"), nullable=True),
    Column("provider_time", Time, nullable=True),
    Column("received_time", Time, nullable=False),
    _flag("automatic"),
    _flag("backfilled"),
    _flag("unreadable"),
    Column("client_key", Text, nullable=True),
    Column("fingerprint", Text, nullable=True),
    Column("orders", Json, nullable=False, server_default=text("'[]'")),
    Column("details", Json, nullable=False, server_default=text("'{}'")),
    UniqueConstraint("conversation_id", "seq"),
    UniqueConstraint("author_kind", "author_id", "client_key"),
    Index("ix_entries_shown", "conversation_id", "shown_at", "id"),
    Index("ix_entries_request_id", "request_id", "id"),
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
    _flag("own"),
)

attachments = Table(
    "attachments",
    metadata,
    _id(),
    _to("entries", name="entry_id", null=True, index=True),
    # Who uploaded it, while it belongs to no entry yet: "agent:5", "visitor:7".
    _words("uploaded_by"),
    Column("filename", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("file", Text, nullable=False, index=True),
    _words("content_id"),
    _flag("inline"),
    _flag("image"),
    Column("created_at", Time, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    _id(),
    _version(),
    _to("conversations", name="conversation_id", index=True),
    _words("subject"),
    _words("topic"),
    Column("status", Text, nullable=False),
    # What the customer reads about it, where a colleague wrote more than the status says.
    _words("status_text"),
    _to("agents", name="owner_id", null=True),
    _to("teams", name="team_id", null=True),
    # low | normal | urgent
    Column("priority", Text, nullable=False, server_default=text("'normal'")),
    _words("store"),
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
    _flag("unread"),
    # Deliveries that failed and that nobody has dealt with.
    Column("failed", Integer, nullable=False, server_default=text("0")),
    _flag("backfilled"),
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

# --- what we said -----------------------------------------------------------------------------------------------

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    _version(),
    _to("entries", name="entry_id", index=True),
    Column("part", Integer, nullable=False, server_default=text("1")),
    _to("endpoints", name="endpoint_id", null=True, index=True),
    _to("accounts", name="account_id"),
    # scheduled | queued | sending | sent | delivered | read | failed | uncertain | cancelled
    Column("state", Text, nullable=False),
    _words("reason"),
    _words("code"),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("next_try_at", Time, nullable=True),
    Column("undo_until", Time, nullable=True),
    Column("sent_at", Time, nullable=True),
    Column("delivered_at", Time, nullable=True),
    Column("read_at", Time, nullable=True),
    # The delivery this one goes on from: a new try, or a chat answer that follows by mail.
    Column("follows_id", Id, nullable=True, index=True),
    # The delivery whose mail carries this one's words too: several chat answers that follow in one mail.
    Column("carried_by", Id, nullable=True, index=True),
    # To, Cc, subject and what else the channel needs and the entry does not say.
    Column("details", Json, nullable=False, server_default=text("'{}'")),
    Column("created_at", Time, nullable=False),
    Index(
        "ix_deliveries_due",
        "next_try_at",
        sqlite_where=text("next_try_at IS NOT NULL"),
        postgresql_where=text("next_try_at IS NOT NULL"),
    ),
)

# Every id the other side gave to something we sent.
provider_ids = Table(
    "provider_ids",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("provider_id", Text, primary_key=True),
    _to("deliveries", name="delivery_id"),
    # A bounce may come to another account than the one that sent.
    Index("ix_provider_ids_provider_id", "provider_id"),
)

drafts = Table(
    "drafts",
    metadata,
    _id(),
    _version(),
    _to("agents", name="agent_id", index=True),
    _to("customers", name="customer_id", null=True, index=True),
    # reply | note | call | first
    Column("mode", Text, nullable=False),
    # Tells drafts without a customer apart (two calls at once).
    _words("slot"),
    Column("body", Json, nullable=False),
    Column("saved_at", Time, nullable=False),
    _flag("gone"),
    Index("uq_drafts_slot", "agent_id", "mode", "slot", unique=True),
    Index("ix_drafts_gone", "gone", "saved_at"),
)

# The one answer to each call, so that the same key again does nothing twice.
answers = Table(
    "answers",
    metadata,
    Column("author", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("answer", Json, nullable=False),
    Column("at", Time, nullable=False, index=True),
)

# --- what they bought -------------------------------------------------------------------------------------------

orders = Table(
    "orders",
    metadata,
    _id(),
    _version(),
    Column("source", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("updated_at", Time, nullable=False),
    # When the shop told us this, by our clock.
    Column("as_of", Time, nullable=False),
    Column("placed_at", Time, nullable=True),
    Column("body", Json, nullable=False),
    UniqueConstraint("source", "number"),
    Index("ix_orders_number", "number"),
)

order_versions = Table(
    "order_versions",
    metadata,
    Column("order_id", Id, ForeignKey("orders.id"), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("as_of", Time, nullable=False),
    Column("body", Json, nullable=False),
)

order_addresses = Table(
    "order_addresses",
    metadata,
    Column("order_id", Id, ForeignKey("orders.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    _flag("verified"),
    Index("ix_order_addresses_address", "kind", "address"),
)

order_milestones = Table(
    "order_milestones",
    metadata,
    Column("order_id", Id, ForeignKey("orders.id"), primary_key=True),
    Column("milestone", Text, primary_key=True),
    Column("entry_id", Id, nullable=True),
)

# --- what happened, and what is still to do ---------------------------------------------------------------------

# On PostgreSQL the migration adds `xid xid8`: a position there is (xid, id).
events = Table(
    "events",
    metadata,
    _id(),
    Column("at", Time, nullable=False),
    Column("kind", Text, nullable=False),
    # '' for every colleague, "agent:5" for one.
    _words("audience"),
    Column("customer_id", Id, nullable=True),
    Column("conversation_id", Id, nullable=True),
    Column("body", Text, nullable=False),
    Index("ix_events_at", "at"),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("cursor", Json, nullable=False, server_default=text("'{}'")),
    _words("reason"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    UniqueConstraint("kind", "key"),
)

# What a search hit stands for. `id` grows with the time of what was found, so that newest first is the index's order.
found_messages = Table(
    "found_messages",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("entry_id", Id, nullable=False, unique=True),
)

found_things = Table(
    "found_things",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    # customer | request | order
    Column("kind", Text, nullable=False),
    Column("thing_id", Id, nullable=False),
    UniqueConstraint("kind", "thing_id"),
)
