"""What monitoring is told about a hub: numbers, and nothing of anybody."""

from __future__ import annotations

import msgspec

from hub.database import Reading, Transaction
from hub.repositories import figures as sql
from hub.repositories import requests as requests_sql


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests each list of the inbox holds, and what waits to be read or sent."""

    requests: dict[str, int]
    deliveries: dict[str, int]
    intake: int


def figures(rd: Reading) -> Figures:
    """The figures of now."""
    lists = {row.name: row.n for row in rd.all(requests_sql.counts) if ":" not in row.name}
    return Figures(
        requests=lists,
        deliveries={row.state: row.n for row in rd.all(sql.deliveries_waiting)},
        intake=rd.value(sql.intake_waiting),
    )


def commit(tx: Transaction) -> None:
    """A unit that writes nothing: it goes the whole way of one that does."""
