"""The one log of events: written in the unit that causes them, read in the order of commits, kept 48 hours."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from hub.clock import to_text
from hub.database import Announcement, Database, Reading, Transaction
from hub.gauges import Pulse
from hub.repositories import events as sql
from hub.repositories import requests as requests_sql
from hub.services.snapshot import Snapshot

logger = logging.getLogger(__name__)

KEPT_MS = 48 * 3_600_000
BATCH = 500
# A connection pool full of units that commit at this moment is the longest list there may be.
_POSITION = re.compile(
    r"(?:(?P<xid>[0-9]{1,18})-)?(?P<last>[0-9]{1,18})(?(xid)-(?P<seen>(?:[0-9]{1,18}(?:\.[0-9]{1,18}){0,999})?))"
)
# How long other nodes' events may stay unseen when a hint was lost.
POLL_S = 0.5

_encoder = msgspec.json.Encoder()


class Position(msgspec.Struct, frozen=True):
    """A place in the log. `seen` lists events at or after it that its snapshot already held (PostgreSQL only)."""

    id: int
    xid: int = 0
    seen: frozenset[int] = frozenset()

    def text(self) -> str:
        seen = ".".join(str(i) for i in sorted(self.seen))
        return f"{self.xid}-{self.id}-{seen}" if self.xid or seen else str(self.id)

    def is_before(self, event: Event) -> bool:
        """Whether the event is news to whoever is at this position."""
        return (event.xid, event.id) > (self.xid, self.id) and event.id not in self.seen

    def after(self, events: list[Event]) -> Position:
        """The position of whoever was here and got these events, or had them already."""
        last = events[-1]
        if (last.xid, last.id) <= (self.xid, self.id):
            return self
        return Position(last.id, last.xid, self.seen - {event.id for event in events})

    @classmethod
    def of(cls, text: str) -> Position | None:
        """The position a client says it has; None when it is not one of ours."""
        found = _POSITION.fullmatch(text)
        if found is None:
            return None
        seen = frozenset(int(i) for i in (found["seen"] or "").split(".") if i)
        return cls(int(found["last"]), int(found["xid"] or 0), seen)


class Event(msgspec.Struct, frozen=True):
    """One event as it stands in the log; `body` is its JSON, encoded once."""

    id: int
    xid: int
    kind: str
    audience: str
    customer_id: int | None
    conversation_id: int | None
    body: str
    at: int = 0


def seal(snapshot: Snapshot) -> Callable[[Sequence[Transaction]], None]:
    """The last step of a commit: the counters and events of its units, holding the objects as they are now."""

    def seal_units(units: Sequence[Transaction]) -> None:
        telling = [tx for tx in units if tx.touched or tx.announcements]
        if not telling:
            return
        for tx in telling:
            _announce_the_silent(tx)
        shown = _shown(telling, snapshot)
        _count(telling)
        for tx in telling:
            _tell(tx, shown)

    return seal_units


def _announce_the_silent(tx: Transaction) -> None:
    """What changed is told even where nobody said what it was about, and a request with its row of the inbox."""
    for audience, touched in tx.touched.items():
        if not any(news.audience == audience for news in tx.announcements):
            tx.announce("changed", audience=audience)
        if "requests" in touched:
            touched.setdefault("rows", {}).update(touched["requests"])


Shown = dict[str, dict[int, Any]]


def _shown(units: Sequence[Transaction], snapshot: Snapshot) -> Shown:
    """By collection and id: everything these units touched, read in one go for all of them."""
    ids: dict[str, dict[int, None]] = {}
    for tx in units:
        for touched in tx.touched.values():
            for name, some in touched.items():
                ids.setdefault(name, {}).update(some)
    return {name: {item.id: item for item in snapshot.collection(units[0], name, list(ids[name]))} for name in ids}


def _count(units: Sequence[Transaction]) -> None:
    """Write the counters. Every unit writes the same few rows: as late as it can, and always in one order."""
    counts: dict[str, int] = {}
    for tx in units:
        for name, delta in tx.counts.items():
            counts[name] = counts.get(name, 0) + delta
    for name, delta in sorted(counts.items()):
        if delta:
            units[0].run(requests_sql.add_count, name=name, n=delta)


def _tell(tx: Transaction, shown: Shown) -> None:
    """Write a unit's events. The last one to an audience is what the unit was about: it carries all that changed."""
    last = {news.audience: news for news in tx.announcements}
    counts = {name: delta for name, delta in sorted(tx.counts.items()) if delta}
    for news in tx.announcements:
        whole = news is last[news.audience]
        touched = tx.touched.get(news.audience, {}) if whole else {}
        changes = {name: [shown[name][i] for i in ids if i in shown[name]] for name, ids in touched.items()}
        _write(tx, news, changes, counts if whole and not news.audience else {})


def _write(tx: Transaction, news: Announcement, changes: dict[str, list[Any]], counts: dict[str, int]) -> None:
    entries = changes.get("entries")
    conversation = news.conversation or (entries[0].conversation_id if entries else None)
    customer = news.customer or (entries[0].customer_id if entries else None)
    event = {
        "kind": news.kind,
        "at": to_text(tx.now),
        "by": news.by,
        "customer": customer,
        "conversation": conversation,
        "changes": changes,
        "counts": counts,
        **news.extra,
    }
    tx.run(
        sql.add,
        at=tx.now,
        kind=news.kind,
        audience=news.audience,
        customer_id=customer,
        conversation_id=conversation,
        body=_encoder.encode(event).decode(),
    )


# --- reading ---


def position(rd: Reading) -> Position:
    """The position of this snapshot: what it holds is before it, what comes is after it."""
    if rd.dialect.name == "sqlite":
        return Position(rd.value(sql.last_id))
    xid = rd.value(sql.horizon)
    return Position(0, xid, frozenset(row.id for row in rd.all(sql.beyond_horizon)))


def read(rd: Reading, after: Position, limit: int = BATCH) -> tuple[list[Event], Position]:
    """The next events after a position, in order, and the position after them."""
    if rd.dialect.name == "sqlite":
        rows = rd.all(sql.after_id, position=after.id, limit=limit)
        events = [Event(r.id, 0, r.kind, r.audience, r.customer_id, r.conversation_id, r.body, r.at) for r in rows]
        return events, Position(events[-1].id) if events else after
    rows = rd.all(sql.after_xid, xid=str(after.xid), position=after.id, limit=limit)
    events = [Event(r.id, r.xid, r.kind, r.audience, r.customer_id, r.conversation_id, r.body, r.at) for r in rows]
    fresh = [event for event in events if event.id not in after.seen]
    if not events:
        return [], after
    last = events[-1]
    # Ids seen early by the snapshot stay named until the log has passed them.
    still = frozenset(i for i in after.seen if i not in {event.id for event in events})
    return fresh, Position(last.id, last.xid, still)


def behind_ms(rd: Reading, position: Position) -> int:
    """For how long the oldest event after a position has been there; 0 when there is none."""
    events, _ = read(rd, position, 1)
    if events:
        return rd.now - events[0].at
    since = None if rd.dialect.name == "sqlite" else rd.value(sql.held_back_since)
    return 0 if since is None else rd.now - since


def reaches(rd: Reading, position: Position) -> bool:
    """Whether the log still holds everything after a position, which must not lie in its future."""
    if rd.dialect.name == "sqlite":
        first, last = rd.value(sql.first_id), rd.value(sql.last_id)
        return not (position.xid or position.seen) and bool(first - 1 <= position.id <= last)
    return bool(position.xid >= rd.value(sql.first_xid) and position.xid <= rd.value(sql.horizon))


def forget_old(tx: Transaction) -> int:
    """Drop a batch of events older than the log is kept; how many."""
    first = tx.all(sql.first_of_log)
    # The newest stays, so that the log always tells how far it goes.
    old = [row.id for row in itertools.takewhile(lambda row: row.at < tx.now - KEPT_MS, first[:-1])]
    return tx.run(sql.forget, ids=old) if old else 0


Listener = Callable[[list[Event]], Awaitable[None] | None]


class Log:
    """Reads the log once per node and hands every batch to its listeners, in order."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._more = asyncio.Event()
        self._listeners: list[Listener] = []
        self.position = Position(0)
        self.pulse = Pulse()

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def wake(self) -> None:
        """There is more to read: after our own commits, and when another node hints so."""
        self._more.set()

    async def start(self) -> None:
        self.position = await self._db.view(position)

    async def behind_ms(self) -> int:
        """For how long the oldest event that this node has not read has been there; 0 when it has read all."""
        return await self._db.view(behind_ms, self.position)

    async def run(self) -> None:
        """Read for ever. A failing listener is logged; the others go on."""
        while True:
            try:
                await self.read_on()
            except Exception:
                logger.exception("The event log could not be read", extra={"action": "log_read_failed"})
            try:
                # Not `wait_for`: before Python 3.12 it may lose a cancellation that comes as it ends.
                async with asyncio.timeout(POLL_S):
                    await self._more.wait()
            except TimeoutError:
                continue

    async def read_on(self) -> None:
        """Hand on everything that is there now."""
        there_may_be_more = True
        while there_may_be_more:
            self._more.clear()
            self.pulse.beat()
            events, self.position = await self._db.view(read, self.position)
            if events:
                await self._tell(events)
            # Of a full batch some may have been known already: half of one is as good as full.
            there_may_be_more = len(events) > BATCH // 2

    async def _tell(self, events: list[Event]) -> None:
        for listener in self._listeners:
            try:
                waiting = listener(events)
                if waiting is not None:
                    await waiting
            except Exception:
                logger.exception("A listener of the log failed", extra={"action": "listener_failed"})
        self._db.gauges.heard([event.kind for event in events], self._db.clock.now() - events[0].at)

    async def forget_old(self) -> int:
        return await self._db.unit(forget_old)
