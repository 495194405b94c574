"""How the hub itself is, for administrators: its parts, its accounts, what waits, and what could not be delivered."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from hub.clock import to_text
from hub.database import Database, Reading, Statement
from hub.repositories import figures as sql
from hub.repositories import leases as leases_sql
from hub.repositories import requests as requests_sql
from hub.security import Actor, authorize
from hub.services.figures import Room, Unread, Waiting, room, unread, waiting
from hub.services.leases import NODE
from hub.services.readiness import Check, Readiness
from hub.services.snapshot import Snapshot
from hub.version import version
from hub.views import AccountView, RowView, Shape

MOST_FAILURES = 20
# Rows that one look goes through for the last message of each account.
STRETCH = 5_000
# Beyond every row's id.
END = 1 << 62


class Queue(Shape, frozen=True, kw_only=True):
    """How much waits, and for how many seconds the oldest has done so."""

    count: int
    oldest_s: float


class AccountHealth(Shape, frozen=True, kw_only=True):
    """An account: how its connection is, when something last came and went, and what waits at it."""

    id: int
    name: str
    channel: str
    label: str
    address: str
    state: str
    state_reason: str
    last_in: str | None
    last_out: str | None
    unread: Queue
    unsent: Queue


class Failure(Shape, frozen=True, kw_only=True):
    """A delivery that failed or may have, and where to look at it."""

    delivery_id: int
    entry_id: int
    customer_id: int
    customer_name: str
    request: str
    account: str
    channel: str
    state: str
    reason: str
    code: str
    at: str


class Node(Shape, frozen=True, kw_only=True):
    """One process that works on this database, and how much of what only one may work at is its."""

    name: str
    is_this: bool
    leases: int


class System(Shape, frozen=True, kw_only=True):
    """All of it, as it is now. `failed`: how many requests have failures, of which `failures` shows the first."""

    version: str
    up_s: float
    checks: list[Check]
    database: str
    database_bytes: int
    disk: Room
    nodes: list[Node]
    accounts: list[AccountHealth]
    unread: Queue
    unsent: Queue
    failed: int
    failures: list[Failure]


class Latest(msgspec.Struct, frozen=True):
    """When something was last seen of each account, and down to which row everything was looked through."""

    at: dict[int, int] = {}
    reached: int = END

    def now(self, rd: Reading, statement: Statement, wanted: set[int]) -> Latest:
        """As it is now. While an account of `wanted` is not found, each look goes another stretch further back."""
        newest = rd.all(statement, before=END, limit=STRETCH)
        at = self.at | _seen(newest)
        reached = min([self.reached, *(row.first for row in newest)]) if newest else 0
        if reached and wanted - at.keys():
            older = rd.all(statement, before=reached, limit=STRETCH)
            at, reached = _seen(older) | at, min((row.first for row in older), default=0)
        return Latest(at, reached)


def _seen(rows: list[Any]) -> dict[int, int]:
    return {row.id: row.at for row in rows if row.at is not None}


class Traffic(msgspec.Struct, frozen=True):
    """When something last came and went by each account."""

    came: Latest = Latest()
    went: Latest = Latest()

    def now(self, rd: Reading, wanted: set[int]) -> Traffic:
        return Traffic(self.came.now(rd, sql.last_in, wanted), self.went.now(rd, sql.last_out, wanted))


class Systems:
    """Looks at this hub."""

    def __init__(self, db: Database, snapshot: Snapshot, readiness: Readiness, folder: Path, node: str) -> None:
        self._db = db
        self._snapshot = snapshot
        self._readiness = readiness
        self._folder = folder
        self._node = node
        self._began = time.monotonic()
        self._traffic = Traffic()

    async def look(self, actor: Actor) -> System:
        """How everything is now."""
        authorize(actor, "system.read")
        checks = await self._readiness.checks()
        disk = await asyncio.to_thread(self._room)
        system, self._traffic = await self._db.view(self._read, checks, disk, self._traffic)
        return system

    def _room(self) -> Room:
        try:
            return room(self._folder)
        except OSError:
            # The checks say so.
            return Room(free=0, total=0)

    def _read(self, rd: Reading, checks: list[Check], disk: Room, before: Traffic) -> tuple[System, Traffic]:
        accounts = [account for account in self._snapshot.accounts(rd) if not account.gone]
        traffic = before.now(rd, {account.id for account in accounts})
        waits, arrived = waiting(rd), unread(rd)
        counts = {row.name: row.n for row in rd.all(requests_sql.counts)}
        system = System(
            version=version(),
            up_s=time.monotonic() - self._began,
            checks=checks,
            database=rd.dialect.name,
            database_bytes=rd.value(sql.database_bytes),
            disk=disk,
            nodes=self._nodes(rd),
            accounts=[_health(account, traffic, waits, arrived) for account in accounts],
            unread=_together(arrived),
            unsent=_together(_unsent(waits)),
            failed=counts.get("failed", 0),
            failures=self._failures(rd),
        )
        return system, traffic

    def _nodes(self, rd: Reading) -> list[Node]:
        """This one, and all that hold a lease."""
        leases = Counter({self._node: 0})
        for row in rd.all(leases_sql.held):
            leases[row.holder] += not row.name.startswith(NODE)
        return [Node(name=name, is_this=name == self._node, leases=leases[name]) for name in sorted(leases)]

    def _failures(self, rd: Reading) -> list[Failure]:
        rows = {row.id: row for row in self._snapshot.inbox(rd, "failed", None, MOST_FAILURES).rows}
        found = rd.all(sql.failures, request_ids=list(rows)) if rows else []
        return [_failure(one, rows[one.request_id]) for one in found]


def _health(account: AccountView, traffic: Traffic, waits: list[Waiting], arrived: list[Unread]) -> AccountHealth:
    came, went = traffic.came.at.get(account.id), traffic.went.at.get(account.id)
    return AccountHealth(
        id=account.id,
        name=account.name,
        channel=account.channel,
        label=account.label,
        address=account.address,
        state=account.state,
        state_reason=account.state_reason,
        last_in=None if came is None else to_text(came),
        last_out=None if went is None else to_text(went),
        unread=_together(one for one in arrived if one.account_id == account.id),
        unsent=_together(one for one in _unsent(waits) if one.account_id == account.id),
    )


def _failure(delivery: Any, row: RowView) -> Failure:
    return Failure(
        delivery_id=delivery.id,
        entry_id=delivery.entry_id,
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        request=row.number,
        account=delivery.account,
        channel=delivery.channel,
        state=delivery.state,
        reason=delivery.reason,
        code=delivery.code,
        at=to_text(delivery.created_at),
    )


def _unsent(waits: list[Waiting]) -> list[Waiting]:
    """Without what is to go only at a later time."""
    return [one for one in waits if one.state != "scheduled" or one.oldest_s]


def _together(parts: Iterable[Waiting | Unread]) -> Queue:
    queues = list(parts)
    return Queue(count=sum(one.count for one in queues), oldest_s=max((one.oldest_s for one in queues), default=0.0))
