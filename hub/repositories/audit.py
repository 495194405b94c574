"""The audit trail: rows are added and read, never changed."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, select

from hub.database import Statement, bound
from hub.models import audit

add = Statement(insert(audit).values(bound(audit, "at", "agent_id", "action", "subject", "details")))

newest = Statement(
    select(audit.c.id, audit.c.at, audit.c.agent_id, audit.c.action, audit.c.subject, audit.c.details)
    .order_by(audit.c.id.desc())
    .limit(bindparam("limit"))
)
