"""Ways to reach us, and what arrived on them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from hub.models.base import Id, Json, Time, flag, key, metadata, reference, version, words

accounts = Table(
    "accounts",
    metadata,
    key(),
    version(),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False),
    words("label"),
    # Plain settings; secrets are encrypted in `secrets` with a key that is not in the database.
    Column("settings", Json, nullable=False, server_default=text("'{}'")),
    Column("secrets", Text, nullable=False, server_default=text("''")),
    # new | connecting | ok | failing
    Column("state", Text, nullable=False, server_default=text("'new'")),
    words("state_reason"),
    words("cursor"),
    flag("gone"),
    Column("created_at", Time, nullable=False),
    UniqueConstraint("name"),
)

intake = Table(
    "intake",
    metadata,
    key(),
    reference("accounts", name="account_id"),
    Column("external_id", Text, nullable=False),
    Column("received_at", Time, nullable=False),
    # Small bodies stand here, large ones in the file store under `file`.
    Column("body", LargeBinary, nullable=True),
    Column("file", Text, nullable=True),
    Column("headers", Json, nullable=False, server_default=text("'{}'")),
    Column("fingerprint", Text, nullable=False),
    # stored | entry | duplicate | ignored | receipt | order | failed
    Column("state", Text, nullable=False),
    words("reason"),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("entry_id", Id, nullable=True, index=True),
    flag("backfilled"),
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
