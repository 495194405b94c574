"""Reads what providers delivered raw: webhooks and held connections store bytes, this files them, one by one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hub.database import Database, Reading, Transaction
from hub.errors import HubError
from hub.files import Files
from hub.ports.channel import Channel, Received
from hub.ports.errors import Unreadable
from hub.ports.message import CallReport, Ignored, InboundMessage, Item, Receipt
from hub.repositories import accounts as accounts_sql
from hub.repositories import intake as sql
from hub.services import calls, delivery, requests
from hub.services.accounts import Accounts, set_state
from hub.services.conversations import NewEntry, append
from hub.services.identities import add_customer
from hub.services.intake import INLINE_BODY, Context, Files_, Intake, bare_of, file_first, fingerprint, first_of, take

logger = logging.getLogger(__name__)

POLL_S = 2.0


def offer(tx: Transaction, account_id: int, items: Sequence[dict[str, Any]], cursor: str | None) -> int:
    """Store raw items and the connector's new cursor together; how many were new."""
    fresh = sum(tx.value(sql.offer, account_id=account_id, received_at=tx.now, **item) is not None for item in items)
    if cursor is not None:
        tx.run(accounts_sql.set_cursor, account_id=account_id, cursor=cursor)
    return fresh


def unknown(rd: Reading, account_id: int, provider_ids: Sequence[str]) -> list[str]:
    """Those ids that were never offered for this account."""
    return [i for i in provider_ids if rd.first(sql.offered, account_id=account_id, external_id=i) is None]


def settle(tx: Transaction, intake_id: int, context: Context, items: Sequence[tuple[Item, Files_]]) -> None:
    """File what a payload turned out to be, and note what became of it."""
    row = tx.one(sql.locked_state, intake_id=intake_id)
    if row.state != "stored":
        return
    states = [_file(tx, context, item, files, row) for item, files in items] or [("ignored", "nothing in it", None)]
    state, reason, entry_id = max(states, key=lambda outcome: _WEIGHT[outcome[0]])
    tx.run(sql.settle, intake_id=intake_id, state=state, reason=reason, entry_id=entry_id)


_WEIGHT = {"ignored": 0, "receipt": 1, "duplicate": 2, "entry": 3}


def _file(tx: Transaction, context: Context, item: Item, files: Files_, row: Any) -> tuple[str, str, int | None]:
    if isinstance(item, Ignored):
        return "ignored", item.reason, None
    if isinstance(item, Receipt):
        found = delivery.receipt(tx, item, context.channel)
        return ("receipt", "", None) if found else ("ignored", "a receipt for nothing of ours", None)
    if isinstance(item, CallReport):
        return "entry", "", calls.report(tx, context, item).entry_id
    # The same mail comes again under another provider id when its mailbox is rebuilt.
    known = f"{context.account_id}|{item.external_id}"
    before = first_of(tx, known)
    if before is not None:
        return "duplicate", "", before
    message = msgspec.structs.replace(item, backfilled=item.backfilled or row.backfilled)
    taken, state = take(tx, context, message, files, received=row.received_at)
    file_first(tx, known, taken.entry_id)
    return state, "", taken.entry_id


def keep_unreadable(tx: Transaction, intake_id: int, context: Context, reason: str) -> None:
    """What we cannot read is kept raw and shown as unreadable, under a customer of its own; it stops nothing else."""
    row = tx.one(sql.locked_state, intake_id=intake_id)
    if row.state != "stored":
        return
    customer_id, conversation_id = add_customer(tx, provisional=True)
    request = requests.open_request(tx, conversation_id, subject="")
    entry = append(
        tx,
        NewEntry(
            conversation_id=conversation_id,
            kind="message",
            direction="in",
            channel=context.channel,
            account_id=context.account_id,
            author_kind="customer",
            request_id=request.id,
            received_time=row.received_at,
            unreadable=True,
            details={"intake_id": intake_id, "reason": reason},
        ),
    )
    requests.heard(tx, request, entry.id, tx.now)
    tx.run(sql.settle, intake_id=intake_id, state="failed", reason=reason, entry_id=entry.id)
    tx.touch("customers", customer_id)
    tx.announce("message.unreadable", customer=customer_id, conversation=conversation_id)


class AccountReceiver:
    """What `Channel.run` of one account is handed."""

    def __init__(self, reader: Reader, account_id: int) -> None:
        self._reader = reader
        self._account_id = account_id

    async def __call__(self, items: Sequence[Received], cursor: str | None = None) -> None:
        await self._reader.offer(self._account_id, items, cursor)

    async def cursor(self) -> str:
        return await self._reader.cursor(self._account_id)

    async def unknown(self, provider_ids: Sequence[str]) -> list[str]:
        return await self._reader.unknown(self._account_id, provider_ids)

    async def state(self, state: str, reason: str = "") -> None:
        await self._reader.state(self._account_id, state, reason)


class Reader:
    """Stores what is offered raw, and reads it into entries."""

    def __init__(
        self, db: Database, files: Files, intake: Intake, accounts: Accounts, channels: Mapping[str, Channel]
    ) -> None:
        self._db = db
        self._files = files
        self._intake = intake
        self._accounts = accounts
        self._channels = channels
        self._more = asyncio.Event()

    async def offer(self, account_id: int, items: Sequence[Received], cursor: str | None = None) -> int:
        """Commit raw items (and a cursor); when this returns they are safe and will be read."""
        rows = [await self._row(item) for item in items]
        fresh = await self._db.unit(offer, account_id, rows, cursor)
        self._more.set()
        return fresh

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
        return await self._db.view(unknown, account_id, provider_ids)

    async def state(self, account_id: int, state: str, reason: str) -> None:
        await self._db.unit(set_state, account_id, state, reason)

    def receiver(self, account_id: int) -> AccountReceiver:
        return AccountReceiver(self, account_id)

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
        """Read everything that is stored now, in order. One bad item never stops the rest."""
        self._more.clear()
        after = 0
        while True:
            waiting = await self._db.view(lambda rd, last: rd.all(sql.waiting, after=last), after)
            for row in waiting:
                after = row.id
                try:
                    await self.read_one(row.id)
                except HubError as problem:
                    # The database or a file cannot be had now; it stays stored and is tried again.
                    logger.warning("Intake waits: %s", problem.code, extra={"action": "intake_waits", "intake": row.id})
            if not waiting:
                return

    async def read_one(self, intake_id: int) -> None:
        """Parse one stored payload and file what it holds."""
        row = await self._db.view(lambda rd: rd.one(sql.item, intake_id=intake_id))
        account = await self._db.view(lambda rd: rd.one(accounts_sql.account, account_id=row.account_id))
        context = self._intake.context(account)
        try:
            items = await self._parse(row, account)
            filed = [(await self._bare(item), await self._files_of(item)) for item in items]
            await self._db.unit(settle, intake_id, context, filed)
        except (Unreadable, HubError) as problem:
            if isinstance(problem, HubError) and problem.status >= 500:
                raise
            await self._give_up(intake_id, context, str(problem))
        except Exception as problem:
            logger.exception("An intake item could not be read", extra={"action": "intake_failed", "intake": intake_id})
            await self._give_up(intake_id, context, type(problem).__name__)

    async def _give_up(self, intake_id: int, context: Context, reason: str) -> None:
        await self._db.unit(keep_unreadable, intake_id, context, reason)

    async def _parse(self, row: Any, account: Any) -> Sequence[Item]:
        body = row.body if row.file is None else await self._files.get(row.file)
        channel = self._channels[account.channel]
        return await channel.read(self._accounts.open(account), body, msgspec.json.decode(row.headers))

    async def _bare(self, item: Item) -> Item:
        return await bare_of(item) if isinstance(item, InboundMessage) else item

    async def _files_of(self, item: Item) -> Files_:
        return await self._intake.store_files(item.attachments) if isinstance(item, InboundMessage) else ()

    async def replay(self, intake_id: int) -> bool:
        """Read a failed item again, from its raw bytes; False when it had not failed."""
        again = await self._db.unit(lambda tx: tx.run(sql.reopen, intake_id=intake_id))
        self._more.set()
        return bool(again)

    async def sums(self) -> dict[str, int]:
        """How many items were offered, by what became of them: the sums must agree."""
        return {row.state: row.n for row in await self._db.view(lambda rd: rd.all(sql.sums))}
