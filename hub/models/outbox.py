"""What we said: each part on its way, drafts, and the answers to calls."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from hub.models.base import Id, Json, Time, flag, key, metadata, reference, version, words

deliveries = Table(
    "deliveries",
    metadata,
    key(),
    version(),
    reference("entries", name="entry_id", index=True),
    Column("part", Integer, nullable=False, server_default=text("1")),
    reference("endpoints", name="endpoint_id", null=True, index=True),
    reference("accounts", name="account_id"),
    # scheduled | queued | sending | sent | delivered | read | failed | uncertain | cancelled
    Column("state", Text, nullable=False),
    words("reason"),
    words("code"),
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
    reference("deliveries", name="delivery_id"),
    # A bounce may come to another account than the one that sent.
    Index("ix_provider_ids_provider_id", "provider_id"),
)

drafts = Table(
    "drafts",
    metadata,
    key(),
    version(),
    reference("agents", name="agent_id", index=True),
    reference("customers", name="customer_id", null=True, index=True),
    # reply | note | call | first
    Column("mode", Text, nullable=False),
    # Tells drafts without a customer apart (two calls at once).
    words("slot"),
    Column("body", Json, nullable=False),
    Column("saved_at", Time, nullable=False),
    flag("gone"),
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
