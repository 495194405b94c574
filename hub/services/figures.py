"""What monitoring is told about a hub: numbers, and nothing of anybody."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from hub.database import Reading, Transaction
from hub.repositories import figures as sql
from hub.repositories import requests as requests_sql


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries of one account in one state, and how long the oldest has waited."""

    account_id: int
    account: str
    channel: str
    state: str
    count: int
    oldest_s: float


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived on one account and was not read yet."""

    account_id: int
    count: int
    oldest_s: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests each list of the inbox holds, what waits to be read or sent, and which accounts work."""

    requests: dict[str, int]
    deliveries: list[Waiting]
    intake: list[Unread]
    # By (account, channel).
    accounts: dict[tuple[str, str], bool]


def figures(rd: Reading) -> Figures:
    """The figures of now."""
    return Figures(
        requests={row.name: row.n for row in rd.all(requests_sql.counts) if ":" not in row.name},
        deliveries=waiting(rd),
        intake=unread(rd),
        accounts={(row.name, row.channel): row.state != "failing" for row in rd.all(sql.accounts_at_work)},
    )


def waiting(rd: Reading) -> list[Waiting]:
    """What is to be sent, by account and state."""
    return [
        Waiting(
            account_id=row.id,
            account=row.name,
            channel=row.channel,
            state=row.state,
            count=row.n,
            oldest_s=_age(rd, row.since),
        )
        for row in rd.all(sql.deliveries_waiting)
    ]


def unread(rd: Reading) -> list[Unread]:
    """What is to be read, by account."""
    return [Unread(account_id=row.id, count=row.n, oldest_s=_age(rd, row.since)) for row in rd.all(sql.intake_waiting)]


def _age(rd: Reading, since: int) -> float:
    """Seconds; 0 for what is to happen only later."""
    return max(0, rd.now - since) / 1000


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """The disk that a data folder lies on, in bytes."""

    free: int
    total: int


def room(folder: Path) -> Room:
    usage = shutil.disk_usage(folder)
    return Room(free=usage.free, total=usage.total)


def commit(tx: Transaction) -> None:
    """A unit that writes nothing: it goes the whole way of one that does."""
