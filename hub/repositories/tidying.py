"""Statements that forget what is kept for a while only, some rows at a time."""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, Table, and_, bindparam, delete, literal_column, select, tuple_, union_all

from hub.database import Statement, among
from hub.models import answers, attachments, copies, drafts, intake, invitations, sign_in_attempts, visitors

# So many rows go in one unit.
BATCH = 200

_batch: ColumnElement[int] = literal_column(str(BATCH))


def _forget(table: Table, time: Column[int], *conditions: ColumnElement[bool]) -> Statement:
    """Delete the oldest rows of before a time."""
    key = tuple_(*table.primary_key.columns)
    # Said of the row itself too: it may have changed since it was chosen.
    old = and_(time < bindparam("before"), *conditions)
    chosen = select(*table.primary_key.columns).where(old).order_by(time).limit(_batch)
    return Statement(delete(table).where(key.in_(chosen), old))


old_answers = _forget(answers, answers.c.at)
old_attempts = _forget(sign_in_attempts, sign_in_attempts.c.last_at)
old_copies = _forget(copies, copies.c.expires_at, copies.c.expires_at.is_not(None))
gone_drafts = _forget(drafts, drafts.c.saved_at, drafts.c.gone)
old_invitations = _forget(invitations, invitations.c.expires_at)
silent_visitors = _forget(visitors, visitors.c.seen_at, visitors.c.endpoint_id.is_(None))

# --- files ---

waiting_uploads = Statement(
    select(attachments.c.id, attachments.c.file, attachments.c.uploaded_by)
    .where(
        attachments.c.entry_id.is_(None),
        attachments.c.created_at < bindparam("before"),
        attachments.c.id > bindparam("after"),
    )
    .order_by(attachments.c.id)
    .limit(_batch)
)
drop_uploads = Statement(delete(attachments).where(among(attachments.c.id, "ids"), attachments.c.entry_id.is_(None)))
named_files = Statement(
    union_all(
        select(attachments.c.file).where(among(attachments.c.file, "files")),
        select(intake.c.file).where(intake.c.file.is_not(None), among(intake.c.file, "files")),
    )
)
