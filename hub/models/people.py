"""Who writes to us: customers, their endpoints, and the browsers in front of a widget."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint, text

from hub.models.base import Id, Json, Time, flag, key, metadata, reference, version, words

customers = Table(
    "customers",
    metadata,
    key(),
    version(),
    words("name"),
    words("language"),
    # person | spam | not_customer
    Column("kind", Text, nullable=False, server_default=text("'person'")),
    flag("provisional"),
    reference("customers", name="merged_into", null=True, index=True),
    Column("created_at", Time, nullable=False),
)

# A customer as the shop knows them.
shop_customers = Table(
    "shop_customers",
    metadata,
    key(),
    Column("source", Text, nullable=False),
    Column("number", Text, nullable=False),
    reference("customers", name="customer_id", null=True, index=True),
    Column("updated_at", Time, nullable=False),
    Column("body", Json, nullable=False),
    UniqueConstraint("source", "number"),
)

merges = Table(
    "merges",
    metadata,
    key(),
    reference("customers", name="customer_id", index=True),
    reference("customers", name="into_id"),
    words("reason"),
    Column("agent_id", Id, nullable=True),
    Column("at", Time, nullable=False),
    Column("undone_at", Time, nullable=True),
)

suggestions = Table(
    "suggestions",
    metadata,
    key(),
    reference("customers", name="customer_id", index=True),
    reference("customers", name="other_id"),
    Column("evidence", Json, nullable=False),
    # '' | same | not_same
    words("verdict"),
    Column("at", Time, nullable=False),
    UniqueConstraint("customer_id", "other_id"),
)

_HELD = text("held AND NOT shared")
_CLAIMED = text("NOT held")

endpoints = Table(
    "endpoints",
    metadata,
    key(),
    Column("kind", Text, nullable=False),
    words("scope"),
    Column("address", Text, nullable=False),
    # The address as its owner writes it.
    words("shown"),
    reference("customers", name="customer_id", index=True),
    flag("held"),
    flag("shared"),
    # Whose claim it is, for what was typed and not proven; '' when held.
    words("session"),
    Column("assurance", Text, nullable=False, server_default=text("'claimed'")),
    words("method"),
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
    key(),
    reference("accounts", name="account_id"),
    Column("token_hash", Text, nullable=False),
    reference("endpoints", name="endpoint_id", null=True, index=True),
    # What the shop's token said, when it proved who this is.
    Column("identity", Json, nullable=False, server_default=text("'{}'")),
    words("name"),
    words("email"),
    Column("created_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("gone_at", Time, nullable=True),
    UniqueConstraint("token_hash"),
    Index("ix_visitors_silent", "seen_at", sqlite_where=_SILENT, postgresql_where=_SILENT),
)
