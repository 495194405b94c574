"""Statements on visitors: browsers in front of a widget."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, select, update

from hub.database import Statement, bound
from hub.models import visitors

_VISITOR = (
    visitors.c.id,
    visitors.c.account_id,
    visitors.c.token_hash,
    visitors.c.endpoint_id,
    visitors.c.identity,
    visitors.c.name,
    visitors.c.email,
    visitors.c.created_at,
    visitors.c.seen_at,
    visitors.c.gone_at,
)
add = Statement(
    insert(visitors)
    .values(bound(visitors, "account_id", "token_hash", "identity", "name", "email", "created_at", "seen_at"))
    .returning(visitors.c.id)
)
visitor = Statement(select(*_VISITOR).where(visitors.c.id == bindparam("visitor_id")))
lock = Statement(select(visitors.c.id).where(visitors.c.id == bindparam("visitor_id")).with_for_update())
by_token = Statement(select(*_VISITOR).where(visitors.c.token_hash == bindparam("token_hash")))
of_endpoint = Statement(
    select(*_VISITOR).where(visitors.c.endpoint_id == bindparam("endpoint_id")).order_by(visitors.c.id.desc())
)
change = Statement(
    update(visitors)
    .where(visitors.c.id == bindparam("visitor_id"))
    .values(bound(visitors, "token_hash", "endpoint_id", "identity", "name", "email", "seen_at", "gone_at"))
)
seen = Statement(update(visitors).where(visitors.c.id == bindparam("visitor_id")).values(bound(visitors, "seen_at")))
