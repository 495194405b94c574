"""Statements that count what waits, each from an index of what waits alone and no further than `MOST`.

However large a table has grown, no answer takes longer.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, bindparam, case, false, func, literal_column, select
from sqlalchemy.dialects import postgresql

from hub.database import Statement, among
from hub.models import accounts, deliveries, entries, intake

MOST = 10_000
_WAITING: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in ("scheduled", "queued", "sending")]
_FAILED: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in ("failed", "uncertain")]

# What was called back for a while or is to go at a later time waits from then on.
_since = case(
    (deliveries.c.undo_until > deliveries.c.created_at, deliveries.c.undo_until), else_=deliveries.c.created_at
)
_first_due = (
    select(deliveries.c.account_id, deliveries.c.state, _since.label("since"))
    .where(deliveries.c.next_try_at.is_not(None), deliveries.c.state.in_(_WAITING))
    .order_by(deliveries.c.next_try_at)
    .limit(literal_column(str(MOST)))
    .subquery()
)
deliveries_waiting = Statement(
    select(
        accounts.c.id,
        accounts.c.name,
        accounts.c.channel,
        _first_due.c.state,
        func.count().label("n"),
        func.min(_first_due.c.since).label("since"),
    )
    .select_from(_first_due.join(accounts, accounts.c.id == _first_due.c.account_id))
    .group_by(accounts.c.id, accounts.c.name, accounts.c.channel, _first_due.c.state)
    .order_by(accounts.c.id, _first_due.c.state)
)

_first_unread = (
    select(intake.c.account_id, intake.c.received_at)
    .where(intake.c.state == literal_column("'stored'"))
    .order_by(intake.c.id)
    .limit(literal_column(str(MOST)))
    .subquery()
)
intake_waiting = Statement(
    select(
        _first_unread.c.account_id.label("id"),
        func.count().label("n"),
        func.min(_first_unread.c.received_at).label("since"),
    )
    .group_by(_first_unread.c.account_id)
    .order_by(_first_unread.c.account_id)
)

accounts_at_work = Statement(
    select(accounts.c.name, accounts.c.channel, accounts.c.state)
    .where(accounts.c.gone == false())
    .order_by(accounts.c.id)
)

# --- for people ---

# A stretch of the newest rows before one, and when something last came or went in it by each account.
_said = (
    select(entries.c.id, entries.c.account_id, entries.c.direction, entries.c.received_time, entries.c.backfilled)
    .where(entries.c.id < bindparam("before"))
    .order_by(entries.c.id.desc())
    .limit(bindparam("limit"))
    .subquery()
)
_came = case((and_(_said.c.direction == literal_column("'in'"), _said.c.backfilled == false()), _said.c.received_time))
last_in = Statement(
    select(_said.c.account_id.label("id"), func.max(_came).label("at"), func.min(_said.c.id).label("first")).group_by(
        _said.c.account_id
    )
)
_gone = (
    select(deliveries.c.id, deliveries.c.account_id, deliveries.c.sent_at)
    .where(deliveries.c.id < bindparam("before"))
    .order_by(deliveries.c.id.desc())
    .limit(bindparam("limit"))
    .subquery()
)
last_out = Statement(
    select(
        _gone.c.account_id.label("id"), func.max(_gone.c.sent_at).label("at"), func.min(_gone.c.id).label("first")
    ).group_by(_gone.c.account_id)
)

_later = deliveries.alias("later")
# Failures that nobody has dealt with, the newest first.
failures = Statement(
    select(
        deliveries.c.id,
        deliveries.c.state,
        deliveries.c.reason,
        deliveries.c.code,
        deliveries.c.created_at,
        deliveries.c.entry_id,
        entries.c.request_id,
        accounts.c.name.label("account"),
        accounts.c.channel,
    )
    .select_from(
        entries.join(deliveries, deliveries.c.entry_id == entries.c.id)
        .join(accounts, accounts.c.id == deliveries.c.account_id)
        .outerjoin(_later, _later.c.follows_id == deliveries.c.id)
    )
    .where(among(entries.c.request_id, "request_ids"), deliveries.c.state.in_(_FAILED), _later.c.id.is_(None))
    .order_by(deliveries.c.id.desc())
    .limit(literal_column("50"))
)

database_bytes = Statement(
    lambda d: select(
        literal_column(
            "pg_database_size(current_database())"
            if d is postgresql
            else "(SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size())"
        ).label("bytes")
    )
)
