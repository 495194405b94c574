"""Statements that count what waits, each from an index of what waits alone."""

from __future__ import annotations

from sqlalchemy import func, literal_column, select

from hub.database import Statement
from hub.models import deliveries, intake

deliveries_waiting = Statement(
    select(deliveries.c.state, func.count().label("n"))
    .where(deliveries.c.next_try_at.is_not(None))
    .group_by(deliveries.c.state)
    .order_by(deliveries.c.state)
)
intake_waiting = Statement(
    select(func.count().label("n")).select_from(intake).where(intake.c.state == literal_column("'stored'"))
)
