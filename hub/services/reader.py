"""Reads what providers delivered raw: webhooks and held connections store bytes, this files them, some at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from hub.database import Database, Reading, Transaction
from hub.errors import HubError
from hub.files import Files
from hub.gauges import Pulse
from hub.ports.channel import Channel, Received
from hub.ports.errors import Unreadable
from hub.repositories import accounts as accounts_sql
from hub.repositories import intake as sql
from hub.security import Actor, authorize
from hub.services import filing
from hub.services.accounts import Accounts, by_name
from hub.services.backlog import Backlog
from hub.services.intake import INLINE_BODY, Intake, fingerprint
from hub.services.leases import Guard, unguarded
from hub.services.payloads import Payload, Payloads
from hub.services.senders import Context

logger = logging.getLogger(__name__)

POLL_S = 2.0
# What cannot be read just now is tried again after a wait that doubles, for half an hour in all.
TRIES = 12
FIRST_WAIT_MS = 2000
LONGEST_WAIT_MS = 300_000
ORDERS_PER_UNIT = 20
# So many are read beside each other, and filed in one commit.
AT_ONCE = 32


class AccountReceiver:
    """What `Channel.run` of one account is handed."""

    def __init__(self, reader: Reader, account_id: int, guard: Guard) -> None:
        self._reader = reader
        self._account_id = account_id
        self._guard = guard

    async def __call__(self, items: Sequence[Received], cursor: str | None = None) -> None:
        await self._reader.offer(self._account_id, items, cursor, self._guard)

    async def cursor(self) -> str:
        return await self._reader.cursor(self._account_id)

    async def unknown(self, provider_ids: Sequence[str]) -> list[str]:
        return await self._reader.unknown(self._account_id, provider_ids)

    async def state(self, state: str, reason: str = "") -> None:
        await self._reader.state(self._account_id, state, reason, self._guard)


class Reader:
    """Stores what is offered raw, and reads it into entries."""

    def __init__(
        self,
        db: Database,
        files: Files,
        intake: Intake,
        accounts: Accounts,
        channels: Mapping[str, Channel],
        backlog: Backlog,
    ) -> None:
        self._db = db
        self._files = files
        self._intake = intake
        self._accounts = accounts
        self._payloads = Payloads(files, intake, accounts, channels)
        self._backlog = backlog
        self._more = asyncio.Event()
        self.pulse = Pulse()
        # When what could not be read just now is tried again.
        self._not_before: dict[int, int] = {}
        # Called when something was stored: the node that reads it may be another.
        self.on_offered: Callable[[], None] = lambda: None
        # The accounts whose items this node reads, None: all of them.
        self.ours: Callable[[], list[int] | None] = lambda: None

    async def offer(
        self, account_id: int, items: Sequence[Received], cursor: str | None = None, guard: Guard | None = None
    ) -> int:
        """Commit raw items (and a cursor), unless `guard` raises; when this returns they are safe and will be read.

        Raises `Overloaded` while too much waits to be read.
        """
        await self._backlog.check()
        rows = [await self._row(item) for item in items]
        fresh = await self._db.unit(filing.offer, account_id, rows, cursor, guard)
        self.wake()
        self.on_offered()
        return fresh

    def wake(self) -> None:
        """Something was stored, here or on another node."""
        self._more.set()

    async def _row(self, item: Received) -> dict[str, Any]:
        large = len(item.body) > INLINE_BODY
        return {
            "external_id": item.provider_id,
            "body": None if large else item.body,
            "file": (await self._files.put(item.body)).file if large else None,
            "headers": msgspec.json.encode(dict(item.headers)).decode(),
            "fingerprint": fingerprint(item.body),
            "state": "stored",
            "entry_id": None,
            "backfilled": item.backfilled,
        }

    async def cursor(self, account_id: int) -> str:
        row = await self._db.view(lambda rd: rd.one(accounts_sql.account, account_id=account_id))
        return str(row.cursor)

    async def unknown(self, account_id: int, provider_ids: Sequence[str]) -> list[str]:
        return await self._db.view(filing.unknown, account_id, provider_ids)

    async def state(self, account_id: int, state: str, reason: str, guard: Guard) -> None:
        await self._db.unit(filing.tell_state, account_id, state, reason, guard)

    def receiver(self, account_id: int, guard: Guard = unguarded) -> AccountReceiver:
        return AccountReceiver(self, account_id, guard)

    async def run(self) -> None:
        """Read for ever, what other nodes stored and did not get to included."""
        while True:
            try:
                await self.read_on()
            except Exception:
                logger.exception("Intake could not be read", extra={"action": "intake_read_failed"})
            try:
                # Not `wait_for`: before Python 3.12 it may lose a cancellation that comes as it ends.
                async with asyncio.timeout(POLL_S):
                    await self._more.wait()
            except TimeoutError:
                continue

    async def read_on(self) -> None:
        """Read everything that is stored now and has its turn, each account's in order. One bad item stops nothing.

        While some are filed the next are read.
        """
        self._more.clear()
        self.pulse.beat()
        after: int | None = 0
        ours = self.ours()
        async with asyncio.TaskGroup() as group:
            filing: asyncio.Task[None] | None = None
            # What has come for an account that is ours only now may stand before the place where we are.
            while after is not None and ours == self.ours():
                after, stored = await self._db.view(_waiting, after, self._not_before, ours)
                payloads = await self._payloads.read(stored)
                self.pulse.beat()
                if filing is not None:
                    await filing
                filing = group.create_task(self._file(payloads))

    async def read_one(self, intake_id: int) -> None:
        """Read one stored payload and file what it holds, or note why that cannot be."""
        await self._file(await self._payloads.read([await self._db.view(_with_account, intake_id)]))

    async def _file(self, payloads: Sequence[Payload]) -> None:
        by_account: dict[int, list[Payload]] = {}
        for payload in payloads:
            by_account.setdefault(payload.account.id, []).append(payload)
        await asyncio.gather(*map(self._file_in_order, by_account.values()))

    async def _file_in_order(self, payloads: Sequence[Payload]) -> None:
        """File what came through one account."""
        account = payloads[0].account
        readable = [payload for payload in payloads if payload.problem is None]
        if account.channel in self._accounts.shops:
            for payload in readable:
                await self._put_orders(payload)
        elif readable:
            settled = partial(_settled, self._intake.context(account))
            outcomes = await self._db.units(list(map(settled, readable)))
            for payload, outcome in zip(readable, outcomes, strict=True):
                payload.problem = outcome if isinstance(outcome, Exception) else None
        for payload in payloads:
            await self._conclude(payload)

    async def _put_orders(self, payload: Payload) -> None:
        """By small units: read again after a stop, what was taken over already changes nothing."""
        account, told = payload.account, payload.orders
        wrong: list[str] = []
        try:
            for start in range(0, len(told), ORDERS_PER_UNIT):
                wrong += await self._db.unit(filing.put_orders, account.name, told[start : start + ORDERS_PER_UNIT])
            await self._db.unit(filing.settle_orders, payload.row.id, account.id, wrong)
        except Exception as problem:
            payload.problem = problem

    async def _conclude(self, payload: Payload) -> None:
        row, problem = payload.row, payload.problem
        try:
            if problem is None:
                self._not_before.pop(row.id, None)
            elif _passes(problem):
                await self._put_off(row, payload.account, problem)
            else:
                await self._give_up(row, payload.account, _reason(problem, row.id))
        except Exception:
            # Not even that it failed can be written down now; it stays stored.
            logger.exception("Intake waits", extra={"action": "intake_waits", "intake": row.id})

    async def _put_off(self, row: Any, account: Any, problem: Exception) -> None:
        """Once more a while later; what fails each time is shown in the end, and not tried for ever."""
        tries = await self._db.unit(filing.tried, row.id)
        logger.warning("Intake waits: %s", problem, extra={"action": "intake_waits", "intake": row.id})
        if tries >= TRIES:
            await self._give_up(row, account, str(problem) or type(problem).__name__)
            return
        wait = min(FIRST_WAIT_MS << min(tries - 1, 20), LONGEST_WAIT_MS)
        self._not_before[row.id] = self._db.clock.now() + wait

    async def _give_up(self, row: Any, account: Any, reason: str) -> None:
        self._not_before.pop(row.id, None)
        if account.channel in self._accounts.shops:
            await self._db.unit(filing.keep_failed, row.id, account.id, reason)
        else:
            await self._db.unit(filing.keep_unreadable, row.id, account, reason)

    async def read_again(self, actor: Actor, entry_id: int) -> int:
        """Read what an entry stands for once more, from its raw bytes; the entry it is now. Raises `WasRead`."""
        authorize(actor, "messages.write")
        intake_id = await self._db.unit(filing.reopen, entry_id)
        await self.read_one(intake_id)
        row = await self._db.view(lambda rd: rd.one(sql.item, intake_id=intake_id))
        return entry_id if row.entry_id is None else int(row.entry_id)

    async def read_failed_again(self, name: str) -> tuple[int, int]:
        """Read all that an account failed to read once more; how many there were, and how many fail still."""
        account = await self._db.view(by_name, name)
        count = after = 0
        while ids := await self._db.unit(filing.reopen_some, account.id, after):
            count, after = count + len(ids), ids[-1]
        await self.read_on()
        still = await self._db.view(lambda rd: rd.value(sql.count_failed, account_id=account.id))
        return count, int(still)


def _waiting(
    rd: Reading, after: int, not_before: Mapping[int, int], ours: list[int] | None
) -> tuple[int | None, list[tuple[Any, Any]]]:
    """The next rows whose turn it is, each with its account, and where to go on; None: there are no more."""
    waiting = rd.all(sql.waiting, after=after) if ours is None else rd.all(sql.waiting_of, after=after, accounts=ours)
    ids = [row.id for row in waiting]
    due = [i for i in ids if not_before.get(i, 0) <= rd.now][:AT_ONCE]
    rows = rd.all(sql.items, intake_ids=due) if due else []
    accounts = {i: rd.one(accounts_sql.account, account_id=i) for i in {row.account_id for row in rows}}
    seen = due if len(due) == AT_ONCE else ids
    return (seen[-1] if seen else None), [(row, accounts[row.account_id]) for row in rows]


def _with_account(rd: Reading, intake_id: int) -> tuple[Any, Any]:
    row = rd.one(sql.item, intake_id=intake_id)
    return row, rd.one(accounts_sql.account, account_id=row.account_id)


def _settled(context: Context, payload: Payload) -> Callable[[Transaction], None]:
    return lambda tx: filing.settle(tx, payload.row.id, context, payload.items)


def _passes(problem: Exception) -> bool:
    """Whether it may be gone in a while: a full disk, a busy database, a connector that is not installed."""
    return problem.status >= 500 if isinstance(problem, HubError) else isinstance(problem, OSError)


def _reason(problem: Exception, intake_id: int) -> str:
    if isinstance(problem, HubError):
        return problem.detail
    if isinstance(problem, Unreadable):
        return problem.reason
    told = {"action": "intake_failed", "intake": intake_id}
    logger.error("An intake item could not be read", exc_info=problem, extra=told)
    return type(problem).__name__
