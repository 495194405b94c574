"""What they bought, as the shop tells it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from hub.models.base import Id, Json, Time, flag, key, metadata, version

orders = Table(
    "orders",
    metadata,
    key(),
    version(),
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
    flag("verified"),
    Index("ix_order_addresses_address", "kind", "address"),
)

order_milestones = Table(
    "order_milestones",
    metadata,
    Column("order_id", Id, ForeignKey("orders.id"), primary_key=True),
    Column("milestone", Text, primary_key=True),
    Column("entry_id", Id, nullable=True),
)
