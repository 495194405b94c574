"""What is kept for a while only is found by its age, and a stored file by its name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# How long one mail may reach several accounts as the same mail.
_COPY_WITHIN_MS = 7 * 86_400_000


def upgrade() -> None:
    op.add_column("copies", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    # Only the mark of a mail begins with its Message-ID.
    op.execute(f"UPDATE copies SET expires_at = at + {_COPY_WITHIN_MS} WHERE fingerprint LIKE '%@%|%'")
    _index("ix_copies_expires_at", "copies", "expires_at", "expires_at IS NOT NULL")
    _index("ix_visitors_silent", "visitors", "seen_at", "endpoint_id IS NULL")
    op.create_index("ix_drafts_gone", "drafts", ["gone", "saved_at"])
    _index("ix_intake_file", "intake", "file", "file IS NOT NULL")
    op.create_index("ix_attachments_file", "attachments", ["file"])


def _index(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
