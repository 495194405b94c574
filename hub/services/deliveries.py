"""What is due goes out: a few at a time, fair between accounts, each conversation's entries in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

from hub.database import Database
from hub.gauges import Pulse
from hub.ports.channel import Channel
from hub.repositories import deliveries as sql
from hub.security import Actor, authorize
from hub.services.delivery import cancel, retry
from hub.services.follow_up import follow_up
from hub.services.log import Event
from hub.services.sending import Sender, lost

logger = logging.getLogger(__name__)

AT_ONCE = 32
AT_ONCE_PER_ACCOUNT = 4
# How long an orderly stop waits for what is being sent.
STOP_S = 20.0
POLL_S = 1.0
_SENT = {"message.sent", "message.forwarded"}


class Deliveries:
    """Sends what is due, and answers colleagues who cancel or retry."""

    def __init__(self, db: Database, channels: Mapping[str, Channel], sender: Sender) -> None:
        self._db = db
        self._channels = channels
        self._sender = sender
        self._more = asyncio.Event()
        self.pulse = Pulse()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._busy: Counter[int] = Counter()

    def wake(self) -> None:
        """Something may be due."""
        self._more.set()

    def on_events(self, events: list[Event]) -> None:
        """Look when something was written that is to be sent, or what is to be sent changed, on whatever node."""
        if any(event.kind in _SENT or event.kind.startswith("delivery.") for event in events):
            self.wake()

    async def cancel(self, actor: Actor, delivery_id: int) -> int:
        """Call back what still waits; the entry's id. Raises `NotWaiting`."""
        authorize(actor, "messages.write")
        return await self._db.unit(cancel, actor, delivery_id)

    async def retry(self, actor: Actor, delivery_id: int) -> int:
        """Try again what failed, as a new delivery; the entry's id. Raises `NotFailed`."""
        authorize(actor, "messages.write")
        entry_id = await self._db.unit(retry, actor, delivery_id, self._channels)
        self.wake()
        return entry_id

    async def run(self) -> None:
        """Work for ever; the hub's clock decides what is due."""
        while True:
            wait = POLL_S
            looked_at = self._db.clock.now()
            try:
                await self.work()
                wait = await self._until_due(looked_at)
            except Exception:
                logger.exception("Deliveries could not be read", extra={"action": "delivery_failed"})
            # Not `wait_for`: before Python 3.12 it may lose a cancellation that comes as it ends.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._more.wait()

    async def _until_due(self, looked_at: int) -> float:
        """Seconds to rest; what was due before and still waits, waits for one that ends. The clock may jump."""
        due = await self._db.view(lambda rd: rd.value(sql.next_due, after=looked_at))
        return POLL_S if due is None else min(POLL_S, max(0.02, (due - self._db.clock.now()) / 1000))

    async def work(self) -> None:
        """Start everything that is due now and has its turn."""
        self._more.clear()
        while True:
            self.pulse.beat()
            full = [account_id for account_id in self._busy if not self._has_room(account_id)]
            rows = await self._db.view(lambda rd, full: rd.all(sql.due, now=rd.now, full=full), full)
            started = [await self._start(row) for row in rows]
            if not any(started):
                return

    def _has_room(self, account_id: int) -> bool:
        """One account that hangs leaves room for others; who sends nothing may always begin."""
        busy = self._busy[account_id]
        return not busy or (busy < AT_ONCE_PER_ACCOUNT and self._busy.total() < AT_ONCE)

    async def _start(self, row: Any) -> bool:
        """Whether another delivery is under way now."""
        if row.id in self._under_way:
            return False
        try:
            if row.state == "sending":
                await self._db.unit(lost, row.id)
            elif row.state == "sent":
                await self._db.unit(follow_up, row.id, self._channels)
        except Exception:
            # One that cannot go on never stops the others.
            logger.exception("A delivery waits", extra={"action": "delivery_waits", "delivery": row.id})
        if row.state not in {"queued", "scheduled"} or not self._has_room(row.account_id):
            return False
        self._busy[row.account_id] += 1
        task = asyncio.create_task(self._sender.send(row.id))
        self._under_way[row.id] = task
        task.add_done_callback(lambda _: self._done(row))
        return True

    def _done(self, row: Any) -> None:
        del self._under_way[row.id]
        self._busy[row.account_id] -= 1
        if not self._busy[row.account_id]:
            del self._busy[row.account_id]
        self.wake()

    async def settled(self) -> None:
        """Wait until nothing is under way, for an orderly stop; what takes too long is left, and shown as uncertain."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way.values(), timeout=STOP_S)
            for task in late:
                task.cancel()
