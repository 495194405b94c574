"""Who works here, and how they sign in."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, UniqueConstraint, text

from hub.models.base import Id, Json, Time, flag, key, metadata, reference, version, words

agents = Table(
    "agents",
    metadata,
    key(),
    version(),
    words("name"),
    Column("email", Text, nullable=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=True),
    flag("disabled"),
    flag("away"),
    # A token acts as a colleague named after it.
    flag("is_token"),
    Column("created_at", Time, nullable=False),
    UniqueConstraint("email"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret_hash", Text, primary_key=True),
    reference("agents", name="agent_id", index=True),
    words("csrf"),
    Column("created_at", Time, nullable=False),
    Column("last_seen_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    words("browser"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("secret_hash", Text, primary_key=True),
    reference("agents", name="agent_id", null=True, index=True),
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
    key(),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    reference("agents", name="agent_id"),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=True),
    Column("last_used_at", Time, nullable=True),
    Column("revoked_at", Time, nullable=True),
    UniqueConstraint("secret_hash"),
)

teams = Table("teams", metadata, key(), version(), words("name"), flag("gone"))

team_members = Table(
    "team_members",
    metadata,
    Column("team_id", Id, ForeignKey("teams.id"), primary_key=True),
    Column("agent_id", Id, ForeignKey("agents.id"), primary_key=True),
)

canned = Table("canned", metadata, key(), version(), words("name"), words("text"), words("language"), flag("gone"))

audit = Table(
    "audit",
    metadata,
    key(),
    Column("at", Time, nullable=False),
    reference("agents", name="agent_id", null=True),
    Column("action", Text, nullable=False),
    # What it was done to, as "customer:12". Ids only: the audit trail outlives an erasure.
    words("subject"),
    Column("details", Json, nullable=False, server_default=text("'{}'")),
)
