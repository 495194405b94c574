"""How the hub itself is, for administrators: its parts, its accounts, what waits, and what could not be delivered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hub.clock import to_text
from hub.database import Database, Reading
from hub.repositories import figures as sql
from hub.repositories import requests as requests_sql
from hub.security import Actor, authorize
from hub.services.figures import Room, Unread, Waiting, room, unread, waiting
from hub.services.readiness import Check, Readiness
from hub.services.snapshot import Snapshot
from hub.version import version
from hub.views import AccountView, RowView, Shape

MOST_FAILURES = 20


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
    """One process that works on this database."""

    name: str
    is_this: bool


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


class Systems:
    """Looks at this hub."""

    def __init__(self, db: Database, snapshot: Snapshot, readiness: Readiness, folder: Path, node: str) -> None:
        self._db = db
        self._snapshot = snapshot
        self._readiness = readiness
        self._folder = folder
        self._node = node
        self._began = time.monotonic()
        # By account: when this process last saw something come, and go. What is quiet for long is not looked for.
        self._last: dict[str, dict[int, int]] = {"in": {}, "out": {}}

    async def look(self, actor: Actor) -> System:
        """How everything is now."""
        authorize(actor, "system.read")
        checks = await self._readiness.checks()
        disk = await asyncio.to_thread(self._room)
        return await self._db.view(self._read, checks, disk)

    def _room(self) -> Room:
        try:
            return room(self._folder)
        except OSError:
            # The checks say so.
            return Room(free=0, total=0)

    def _read(self, rd: Reading, checks: list[Check], disk: Room) -> System:
        waits, arrived = waiting(rd), unread(rd)
        counts = {row.name: row.n for row in rd.all(requests_sql.counts)}
        return System(
            version=version(),
            up_s=time.monotonic() - self._began,
            checks=checks,
            database=rd.dialect.name,
            database_bytes=rd.value(sql.database_bytes),
            disk=disk,
            nodes=[Node(name=self._node, is_this=True)],
            accounts=[self._account(one, waits, arrived) for one in self._accounts(rd)],
            unread=_together(arrived),
            unsent=_together(_unsent(waits)),
            failed=counts.get("failed", 0),
            failures=self._failures(rd),
        )

    def _accounts(self, rd: Reading) -> list[AccountView]:
        self._last["in"] |= {row.id: row.at for row in rd.all(sql.last_in)}
        self._last["out"] |= {row.id: row.at for row in rd.all(sql.last_out)}
        return [account for account in self._snapshot.accounts(rd) if not account.gone]

    def _account(self, account: AccountView, waits: list[Waiting], arrived: list[Unread]) -> AccountHealth:
        came, went = self._last["in"].get(account.id), self._last["out"].get(account.id)
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

    def _failures(self, rd: Reading) -> list[Failure]:
        rows = {row.id: row for row in self._snapshot.inbox(rd, "failed", None, MOST_FAILURES).rows}
        found = rd.all(sql.failures, request_ids=list(rows)) if rows else []
        return [_failure(one, rows[one.request_id]) for one in found]


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
