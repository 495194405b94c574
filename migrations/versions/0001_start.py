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
        # The start of a word is read from an index of its length; one of no such length costs all that begins with it.
        starts = {"search_messages": "2 3 4 5 6 7 8", "search_things": "2 3 4 5 6 7 8 9"}
        for table, lengths in starts.items():
            tokenize = "unicode61 remove_diacritics 2"
            op.execute(f"CREATE VIRTUAL TABLE {table} USING fts5(words, tokenize=\"{tokenize}\", prefix='{lengths}')")
        return
    op.execute("ALTER TABLE events ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id()")
    op.execute("CREATE UNIQUE INDEX uq_events_position ON events (xid, id)")
    for table in ("search_messages", "search_things"):
        op.execute(f"CREATE TABLE {table} (rowid bigint PRIMARY KEY, found tsvector NOT NULL)")
        op.execute(f"CREATE INDEX ix_{table}_found ON {table} USING gin (found)")
