"""What a customer told and was told is found at once; words wait for a moment before they enter the index (SQLite)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# So many parts of the index may lie beside each other before they are made one: less to write, hardly more to read.
_PARTS = 8


def upgrade() -> None:
    op.add_column("entries", sa.Column("tells", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("""UPDATE entries SET tells = true WHERE details LIKE '%"facts":%' OR details LIKE '%"promise":%'""")
    op.create_index(
        "ix_entries_tells",
        "entries",
        ["conversation_id", "seq"],
        sqlite_where=sa.text("tells = 1"),
        postgresql_where=sa.text("tells"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _words_wait()


def _words_wait() -> None:
    """Many at once cost the index a fraction of what each would."""
    op.execute(
        "CREATE TABLE search_waiting"
        " (place TEXT NOT NULL, id BIGINT NOT NULL, words TEXT NOT NULL, PRIMARY KEY (place, id)) WITHOUT ROWID"
    )
    for index in ("search_messages", "search_things"):
        op.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('automerge', {_PARTS})")
