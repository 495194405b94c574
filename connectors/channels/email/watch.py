"""Holding a mailbox: every mail in it is offered once, whoever else reads, moves or deletes there meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from connectors.channels.email.imap import Fetched, Folder, MailRefused, SignInRefused, Store
from connectors.channels.email.parse import ARRIVED, BACKFILLED, TOO_LARGE, UNFETCHABLE
from connectors.channels.email.settings import Mailbox, Server
from hub.ports.channel import Received, Receiver
from hub.ports.errors import ConnectorError, Unreachable

logger = logging.getLogger(__name__)

T = TypeVar("T")

# UIDs below the newest that are looked at again each time: some servers fill gaps late.
_LOOK_BACK = 200
_ASKED_AT_ONCE = 500
_PAST_AT_ONCE = 50
_TRIES = 3
_RESCUE = timedelta(days=2)
_GOODBYE = 5.0
_RESCUE_TURNS = 30


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait, in seconds: between tries, after refused sign-ins, and in one IDLE."""

    first_pause: float = 5
    longest_pause: float = 300
    sign_in_pause: float = 1800
    sign_in_tries: int = 3
    idle: float = 300


class Cursor(msgspec.Struct):
    """How far a folder was read: everything up to `uid`; of what lay there at the start (up to `first`) up to `past`.

    `at` is when the server took in the newest mail offered, `since` the newest one that lay there at the start, `again`
    the last of those that were there when the server numbered its mails anew: then only times still mean something.
    """

    uidvalidity: int = 0
    uid: int = 0
    first: int = 0
    past: int = 0
    again: int = 0
    at: datetime | None = None
    since: datetime | None = None


class Watch:
    """One account's mailbox, held until cancelled."""

    def __init__(self, mailbox: Mailbox, server: Server, receive: Receiver, pace: Pace | None = None) -> None:
        self._mailbox = mailbox
        self._server = server
        self._receive = receive
        self._pace = pace or Pace()
        self._cursor = Cursor()
        self._tries: Counter[int] = Counter()

    async def hold(self) -> None:
        """Connect, read, wait, for ever; what goes wrong is told and tried again."""
        failures = refusals = 0
        while True:
            await self._receive.state("connecting")
            connection = _Connection(Store(self._mailbox, self._server))
            try:
                await self._read(connection)
            except ConnectorError as error:
                failures = 1 if connection.worked else failures + 1
                refusals = refusals + 1 if isinstance(error, SignInRefused) else 0
                logger.warning("Mailbox %s is away: %s", self._mailbox.address, error, extra={"action": "mailbox_lost"})
                # A connection that broke once comes back by itself; colleagues hear of it when it does not.
                if failures > 1 or not isinstance(error, Unreachable):
                    await self._receive.state("failing", error.reason)
            finally:
                await connection.close()
            await asyncio.sleep(self._pause(failures, refusals))

    def _pause(self, failures: int, refusals: int) -> float:
        if refusals >= self._pace.sign_in_tries:
            # More tries would only make the server lock the account.
            return self._pace.sign_in_pause
        longest = min(self._pace.first_pause * 2.0 ** min(failures - 1, 10), self._pace.longest_pause)
        return longest * random.uniform(0.5, 1)

    async def _read(self, connection: _Connection) -> None:
        folder = await connection.call(connection.store.open)
        can_idle = await connection.call(connection.store.can_idle)
        await self._place(connection, folder)
        connection.worked = True
        await self._receive.state("ok")
        for turn in itertools.count():
            if turn % _RESCUE_TURNS == 0:
                if turn:
                    # This connection holds, so that mails at which others broke deserve another try.
                    self._tries.clear()
                await self._rescue(connection)
            # What arrives while we fetch may be announced then and not again: wait only after an idle look.
            while await self._offer_new(connection) or await self._offer_past(connection):
                pass
            await self._wait(connection, can_idle)
            await self._place(connection, await connection.call(connection.store.reopen))

    async def _wait(self, connection: _Connection, can_idle: bool) -> None:
        seconds = min(self._mailbox.poll_seconds, self._pace.idle)
        if can_idle:
            await connection.call(connection.store.idle, seconds)
        else:
            await asyncio.sleep(seconds)

    async def _place(self, connection: _Connection, folder: Folder) -> None:
        """Know where to go on: at the very start, as before, or in a folder that was numbered anew."""
        if not self._cursor.uidvalidity:
            stored = await self._receive.cursor()
            self._cursor = msgspec.json.decode(stored, type=Cursor) if stored else Cursor()
        if not self._cursor.uidvalidity:
            await self._start(connection, folder)
        elif self._cursor.uidvalidity != folder.uidvalidity:
            await self._start_anew(connection, folder)

    async def _start(self, connection: _Connection, folder: Folder) -> None:
        first = folder.next_uid - 1
        newest = await connection.call(connection.store.newest_arrival)
        past = 0 if self._mailbox.history else first
        await self._go_on_from(
            Cursor(uidvalidity=folder.uidvalidity, uid=first, first=first, past=past, at=newest, since=newest)
        )

    async def _start_anew(self, connection: _Connection, folder: Folder) -> None:
        """All ids are void. Mails of the last days are offered again; the hub knows by their ids which it has."""
        logger.warning("Mailbox %s is numbered anew", self._mailbox.address, extra={"action": "mailbox_rescan"})
        old = self._cursor
        if old.at is None:
            uids = await connection.call(connection.store.uids, 1)
        else:
            uids = await connection.call(connection.store.uids_since, _day(old.at))
        before = min(uids, default=folder.next_uid) - 1
        self._tries.clear()
        await self._go_on_from(
            Cursor(
                uidvalidity=folder.uidvalidity,
                uid=before,
                first=before,
                past=0 if old.past < old.first else before,
                again=folder.next_uid - 1,
                at=old.at,
                since=old.since,
            )
        )

    async def _go_on_from(self, cursor: Cursor) -> None:
        self._cursor = cursor
        await self._receive([], _written(cursor))

    async def _offer_new(self, connection: _Connection) -> bool:
        """Everything that came since, and what turned up late in gaps below; whether there was any."""
        cursor = self._cursor
        uids = await connection.call(connection.store.uids, max(cursor.first, cursor.uid - _LOOK_BACK) + 1)
        return await self._offer_unknown(connection, uids)

    async def _rescue(self, connection: _Connection) -> None:
        """Mails of the last days that were never offered, wherever their numbers are."""
        if self._cursor.at is not None:
            uids = await connection.call(connection.store.uids_since, _day(self._cursor.at))
            await self._offer_unknown(connection, [uid for uid in uids if uid > self._cursor.first])

    async def _offer_past(self, connection: _Connection) -> bool:
        """The next few of the mails that lay there at the start, oldest first; whether there were any."""
        cursor = self._cursor
        if cursor.past >= cursor.first:
            return False
        uids = await connection.call(connection.store.uids, cursor.past + 1, cursor.first)
        batch = uids[:_PAST_AT_ONCE]
        await self._offer_unknown(connection, batch)
        cursor.past = batch[-1] if len(batch) < len(uids) else cursor.first
        await self._receive([], _written(cursor))
        return True

    async def _offer_unknown(self, connection: _Connection, uids: Sequence[int]) -> bool:
        """Those never offered, whatever the cursor says: it is the hub's ledger that decides."""
        offered = False
        for uid in await self._unknown(uids):
            if self._tries[uid] < _TRIES:
                offered |= await self._offer(connection, uid)
        await self._tell_given_up(connection)
        return offered

    async def _tell_given_up(self, connection: _Connection) -> None:
        """The connection is well, but something lies in the mailbox that nobody here has seen."""
        given_up = sum(count >= _TRIES for count in self._tries.values())
        if given_up != connection.given_up:
            connection.given_up = given_up
            told = f"{given_up} mails cannot be fetched; they are tried again later." if given_up else ""
            await self._receive.state("ok", told)

    async def _offer(self, connection: _Connection, uid: int) -> bool:
        """Fetch one mail and have it committed before anything is counted as read; False when it is gone."""
        self._tries[uid] += 1
        try:
            fetched = await connection.call(connection.store.fetch, uid)
        except MailRefused as error:
            if self._tries[uid] < _TRIES:
                raise
            del self._tries[uid]
            await self._commit(Received(provider_id=self._id(uid), body=b"", headers={UNFETCHABLE: error.code}), uid)
            return True
        del self._tries[uid]
        if fetched is None:
            return False
        cursor = self._cursor
        past = uid <= cursor.first or (uid <= cursor.again and _not_after(fetched.arrived, cursor.since))
        if not past and not _not_after(fetched.arrived, cursor.at):
            cursor.at = fetched.arrived
        await self._commit(_received(self._id(uid), fetched, past), uid)
        return True

    async def _commit(self, received: Received, uid: int) -> None:
        # Among what lay there at the start, `past` tells how far we are.
        self._cursor.uid = max(self._cursor.uid, uid)
        await self._receive([received], _written(self._cursor))

    async def _unknown(self, uids: Sequence[int]) -> list[int]:
        by_id = {self._id(uid): uid for uid in uids}
        ids = list(by_id)
        unknown: list[str] = []
        for start in range(0, len(ids), _ASKED_AT_ONCE):
            unknown += await self._receive.unknown(ids[start : start + _ASKED_AT_ONCE])
        return [by_id[each] for each in unknown]

    def _id(self, uid: int) -> str:
        return f"{self._cursor.uidvalidity}:{uid}"


class _Connection:
    """A store with the one thread that speaks to it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.worked = False
        self.given_up = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")

    async def call(self, work: Callable[..., T], *arguments: object) -> T:
        """Do it in the thread; when we are cancelled meanwhile, cut the connection, so that the thread ends."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            self.store.interrupt()
            future.add_done_callback(_forget)
            await asyncio.wait([future], timeout=_GOODBYE)
            raise

    async def close(self) -> None:
        """Sign out and end the thread; a server that does not answer is not waited for."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, self.store.close)
        future.add_done_callback(_forget)
        await asyncio.wait([future], timeout=_GOODBYE)
        self.store.interrupt()
        self._thread.shutdown(wait=False)


def _forget(future: asyncio.Future[Any]) -> None:
    """Take note of how it ended, since nobody waits for it any more."""
    if not future.cancelled():
        future.exception()


def _received(provider_id: str, fetched: Fetched, backfilled: bool) -> Received:
    notes = {}
    if fetched.arrived is not None:
        notes[ARRIVED] = fetched.arrived.isoformat()
    if not fetched.whole:
        notes[TOO_LARGE] = str(fetched.size)
    if backfilled:
        notes[BACKFILLED] = "yes"
    return Received(provider_id=provider_id, body=fetched.raw, headers=notes, backfilled=backfilled)


def _not_after(one: datetime | None, other: datetime | None) -> bool:
    return one is None or (other is not None and one <= other)


def _day(at: datetime) -> date:
    return (at - _RESCUE).date()


def _written(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()
