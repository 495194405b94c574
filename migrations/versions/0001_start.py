"""Everything of the first release."""

from __future__ import annotations

from alembic import op

from hub.models import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    bind = op.get_bind()
    metadata.create_all(bind)
    if bind.dialect.name == "sqlite":
        for table in ("search_messages", "search_things"):
            op.execute(
                f"CREATE VIRTUAL TABLE {table} USING fts5(words, tokenize=\"unicode61 remove_diacritics 2\", prefix='2 3 4')"
            )
        return
    op.execute("ALTER TABLE events ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id()")
    op.execute("CREATE UNIQUE INDEX uq_events_position ON events (xid, id)")
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    for table in ("search_messages", "search_things"):
        op.execute(f"CREATE TABLE {table} (rowid bigint PRIMARY KEY, words text NOT NULL, found tsvector NOT NULL)")
        op.execute(f"CREATE INDEX ix_{table}_found ON {table} USING gin (found)")
