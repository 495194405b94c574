"""What happened, what is still to do, and where words are found."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, UniqueConstraint, text

from hub.models.base import Id, Json, Time, key, metadata, words

settings = Table("settings", metadata, Column("key", Text, primary_key=True), Column("value", Json, nullable=False))

# On PostgreSQL the migration adds `xid xid8`: a position there is (xid, id).
events = Table(
    "events",
    metadata,
    key(),
    Column("at", Time, nullable=False),
    Column("kind", Text, nullable=False),
    # '' for every colleague, "agent:5" for one.
    words("audience"),
    Column("customer_id", Id, nullable=True),
    Column("conversation_id", Id, nullable=True),
    Column("body", Text, nullable=False),
    Index("ix_events_at", "at"),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    key(),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("cursor", Json, nullable=False, server_default=text("'{}'")),
    words("reason"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    UniqueConstraint("kind", "key"),
)

# Who works at what only one node may: a mailbox, what forgets. By the database's own clock.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    # Grows with each holder, so that what an earlier one still writes is known for late.
    Column("fence", BigInteger, nullable=False),
    Column("until", Time, nullable=False),
    Index("ix_leases_holder", "holder"),
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
