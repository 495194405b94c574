"""Words wait for a moment before they enter the index, on SQLite: many at once cost a fraction of what each would."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

# So many parts of the index may lie beside each other before they are made one: less to write, hardly more to read.
_PARTS = 8


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        "CREATE TABLE search_waiting"
        " (place TEXT NOT NULL, id BIGINT NOT NULL, words TEXT NOT NULL, PRIMARY KEY (place, id)) WITHOUT ROWID"
    )
    for index in ("search_messages", "search_things"):
        op.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('automerge', {_PARTS})")
