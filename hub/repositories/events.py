"""Statements on the one log of events, and on the answers already given to calls."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, literal_column, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import BigInteger, Text

from hub.database import Statement, among, bound
from hub.models import answers, events

add = Statement(
    insert(events).values(bound(events, "at", "kind", "audience", "customer_id", "conversation_id", "body"))
)

_EVENT = (
    events.c.id,
    events.c.at,
    events.c.kind,
    events.c.audience,
    events.c.customer_id,
    events.c.conversation_id,
    events.c.body,
)

# On SQLite a position is an id: the one writer gives them in the order of commits.
after_id = Statement(
    select(*_EVENT).where(events.c.id > bindparam("position")).order_by(events.c.id).limit(bindparam("limit"))
)
last_id = Statement(select(func.coalesce(func.max(events.c.id), literal_column("0"))))
first_id = Statement(select(func.coalesce(func.min(events.c.id), literal_column("0"))))

# On PostgreSQL a position is (transaction, id), read only below the oldest transaction still running: an id alone
# would jump over one that commits late.
_xid = literal_column("CAST(CAST(events.xid AS text) AS bigint)", BigInteger)
_horizon = literal_column("CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)", BigInteger)
_position: ColumnElement[int] = literal_column("events.xid")
after_xid = Statement(
    select(*_EVENT, _xid.label("xid"))
    .where(
        text(
            "(events.xid, events.id) > (CAST(CAST(:xid AS text) AS xid8), CAST(:position AS bigint))"
            " AND events.xid < pg_snapshot_xmin(pg_current_snapshot())"
        ).bindparams(bindparam("xid", type_=Text), bindparam("position", type_=BigInteger))
    )
    .order_by(_position, events.c.id)
    .limit(bindparam("limit"))
)
horizon = Statement(select(_horizon.label("xid")))
beyond_horizon = Statement(
    select(events.c.id).where(text("events.xid >= pg_snapshot_xmin(pg_current_snapshot())")).order_by(events.c.id)
)
# The oldest that cannot be read yet, because a transaction older than it still runs.
held_back_since = Statement(
    select(events.c.at)
    .where(text("events.xid >= pg_snapshot_xmin(pg_current_snapshot())"))
    .order_by(_position, events.c.id)
    .limit(literal_column("1"))
)
first_xid = Statement(select(func.coalesce(func.min(_xid), literal_column("0"))).select_from(events))

forget = Statement(delete(events).where(among(events.c.id, "ids")))
# The first of the log, in its order, so that what is forgotten leaves no hole in what is kept.
first_of_log = Statement(
    lambda d: (
        select(events.c.id, events.c.at)
        .order_by(*([_position] if d is postgresql else []), events.c.id)
        .limit(literal_column("200"))
    )
)

answer = Statement(
    select(answers.c.fingerprint, answers.c.answer).where(
        and_(answers.c.author == bindparam("author"), answers.c.key == bindparam("key"))
    )
)
# Where two do the same at once the second must fail, and finds the first's answer when it is run again.
remember_answer = Statement(insert(answers).values(bound(answers, "author", "key", "fingerprint", "answer", "at")))
