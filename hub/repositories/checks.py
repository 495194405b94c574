"""Statements by which `doctor` sees what stands still."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Text, bindparam, column, func, literal_column, select, table

from hub.database import Statement
from hub.models import attachments, deliveries, events, intake, requests

# Where alembic keeps which schema a database has.
SCHEMA = "alembic_version"

_schema = table(SCHEMA, column("version_num", Text))
_WAITING: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in ("scheduled", "queued", "sending")]

schema_version = Statement(select(_schema.c.version_num))

stuck_deliveries = Statement(
    select(func.count().label("n"))
    .select_from(deliveries)
    .where(deliveries.c.state.in_(_WAITING), deliveries.c.next_try_at < bindparam("due_before"))
)

# What somebody has looked at is no longer counted at its request.
failed_deliveries = Statement(select(func.coalesce(func.sum(requests.c.failed), literal_column("0")).label("n")))

unread_intake = Statement(
    select(func.count().label("n"))
    .select_from(intake)
    .where(intake.c.state == literal_column("'stored'"), intake.c.received_at < bindparam("received_before"))
)

failed_intake = Statement(
    select(func.count().label("n")).select_from(intake).where(intake.c.state == literal_column("'failed'"))
)

newest_files = Statement(select(attachments.c.file).order_by(attachments.c.id.desc()).limit(literal_column("20")))

# Only PostgreSQL has a clock of its own.
server_time = Statement(
    select(literal_column("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS bigint)").label("at"))
)

last_event = Statement(select(func.max(events.c.at).label("at")))
