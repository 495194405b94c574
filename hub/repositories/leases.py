"""Statements on leases. All nodes go by the database's clock, since theirs may lie apart."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, literal_column, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import BigInteger

from hub.database import Statement, among, bound
from hub.models import leases


def _now(d: ModuleType) -> ColumnElement[int]:
    postgres, sqlite = "EXTRACT(EPOCH FROM clock_timestamp()) * 1000", "(julianday('now') - 2440587.5) * 86400000"
    return literal_column(f"CAST({postgres if d is postgresql else sqlite} AS bigint)", BigInteger)


def _until(d: ModuleType) -> dict[str, Any]:
    return {"until": _now(d) + bindparam("for_ms", type_=BigInteger)}


take = Statement(
    lambda d: (
        lambda taken: taken.on_conflict_do_update(
            index_elements=["name"],
            set_={
                "holder": taken.excluded.holder,
                "until": taken.excluded.until,
                "fence": leases.c.fence + literal_column("1"),
            },
            where=leases.c.until < _now(d),
        ).returning(leases.c.fence)
    )(d.insert(leases).values(fence=literal_column("1"), **_until(d), **bound(leases, "name", "holder")))
)
# What has run out is somebody else's to take, even if nobody has yet.
renew = Statement(
    lambda d: (
        update(leases)
        .where(leases.c.holder == bindparam("by"), leases.c.until >= _now(d))
        .values(_until(d))
        .returning(leases.c.name, leases.c.fence)
    )
)
let_go = Statement(
    update(leases)
    .where(leases.c.holder == bindparam("by"), among(leases.c.name, "names"))
    .values(until=literal_column("0"))
)
taken = Statement(lambda d: select(leases.c.name).where(leases.c.until >= _now(d)).order_by(leases.c.name))
held = Statement(
    lambda d: select(leases.c.name, leases.c.holder).where(leases.c.until >= _now(d)).order_by(leases.c.holder)
)
# Only of nodes, each of which has a name of its own: whatever else is held must not begin again at 1.
forget_nodes = Statement(
    lambda d: delete(leases).where(
        leases.c.name.like(literal_column("'node:%'")),
        leases.c.until < _now(d) - bindparam("older_ms", type_=BigInteger),
    )
)
# Held until the unit ends: nobody takes it over between this look and the commit.
still_held = Statement(
    select(leases.c.fence)
    .where(leases.c.name == bindparam("name"), leases.c.fence == bindparam("fence"))
    .with_for_update(read=True)
)
