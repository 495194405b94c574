"""Statements on long work that goes in small units and can be taken up again."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from hub.database import Statement, bound
from hub.models import jobs

add = Statement(
    lambda d: (
        d.insert(jobs)
        .values(bound(jobs, "kind", "key", "state", "cursor", "created_at", "updated_at"))
        .on_conflict_do_nothing(index_elements=["kind", "key"])
    )
)
job = Statement(
    select(jobs.c.id, jobs.c.state, jobs.c.cursor)
    .where(jobs.c.kind == bindparam("kind"), jobs.c.key == bindparam("key"))
    .with_for_update()
)
advance = Statement(
    update(jobs).where(jobs.c.id == bindparam("job_id")).values(bound(jobs, "state", "cursor", "updated_at"))
)
