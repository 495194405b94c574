"""What we send, part by part: stored first, sent by a worker, and always in a state that a colleague understands."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from hub.addresses import same_or_none
from hub.clock import to_ms
from hub.database import Database, Transaction
from hub.errors import Conflict, HubError, NotFound, Unavailable
from hub.ports.channel import Account, Channel
from hub.ports.errors import ConnectorError, Misconfigured, RateLimited, Rejected, Uncertain, Unreachable
from hub.ports.message import Part, Receipt, Sent
from hub.repositories import accounts as accounts_sql
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as sql
from hub.repositories import identities as identities_sql
from hub.repositories import visitors as visitors_sql
from hub.security import Actor, authorize
from hub.services import requests
from hub.services.accounts import Accounts, set_state
from hub.services.identities import STRENGTH, group, hold_still_at, root, usable
from hub.services.outgoing import Outgoing

logger = logging.getLogger(__name__)

# A refused or unanswered try is repeated after these waits, the last one again and again until we give up.
WAITS_S = (60, 300, 900, 3600)
GIVE_UP_MS = 48 * 3_600_000
# Whoever holds a delivery this long without a word has died with it.
LEASE_MS = 10 * 60_000
# How long a chat answer may stay undelivered before we look whether its visitor has left.
LOOK_AGAIN_MS = 20_000
AT_ONCE = 8
# How long an orderly stop waits for what is being sent.
STOP_S = 20.0
NOTE_AGAIN_S = 1.0

_ORDER = ("scheduled", "queued", "sending", "uncertain", "failed", "sent", "delivered", "read")


class NotWaiting(Conflict):
    """This is already on its way and cannot be called back."""

    code = "not_waiting"


class NotFailed(Conflict):
    """Only what failed can be tried again."""

    code = "not_failed"


# --- rules ---


def enqueue(
    tx: Transaction,
    entry_id: int,
    account_id: int,
    channel: Channel,
    endpoint_id: int | None,
    details: dict[str, Any],
    *,
    part: int = 1,
    send_at: int | None = None,
    follows_id: int | None = None,
    carried_by: int | None = None,
    undo: bool = True,
) -> int:
    """Store a delivery of a message; a worker sends it, or the channel's own socket does.

    What goes in several parts has a delivery for each: the next one is stored with the news that this one was sent.
    """
    caps = channel.capabilities
    undo_until = tx.now + caps.undo_seconds * 1000 if undo and caps.undo_seconds else None
    values: dict[str, Any] = dict.fromkeys(sql.CHANGED) | {"reason": "", "code": "", "tries": 0}
    if caps.instant:
        values |= {"state": "sent", "sent_at": tx.now, "next_try_at": tx.now + LOOK_AGAIN_MS}
    elif send_at is not None and send_at > tx.now:
        values |= {"state": "scheduled", "next_try_at": send_at, "undo_until": send_at}
    else:
        waits = None if carried_by is not None else undo_until or tx.now
        values |= {"state": "queued", "next_try_at": waits, "undo_until": undo_until}
    delivery_id: int = tx.value(
        sql.add,
        entry_id=entry_id,
        part=part,
        endpoint_id=endpoint_id,
        account_id=account_id,
        follows_id=follows_id,
        carried_by=carried_by,
        details=msgspec.json.encode(details).decode(),
        created_at=tx.now,
        **values,
    )
    return delivery_id


def locked(tx: Transaction, delivery_id: int) -> Any:
    """The delivery as it is now, held still with all of its customer's until this unit ends."""
    delivery = tx.first(sql.delivery, delivery_id=delivery_id)
    if delivery is None:
        raise NotFound("There is no such delivery.")
    if hold_still_at(tx, delivery.conversation_id):
        delivery = tx.one(sql.delivery, delivery_id=delivery_id)
    return delivery


def change(tx: Transaction, delivery: Any, kind: str, **changes: Any) -> None:
    """Write a delivery's new state, its entry's new version, and what a failure means for its request."""
    values = {name: getattr(delivery, name) for name in sql.CHANGED} | changes
    tx.run(sql.change, delivery_id=delivery.id, **values)
    entry = tx.one(entries_sql.bump, entry_id=delivery.entry_id)
    failed = {"failed", "uncertain"}
    if (values["state"] in failed) != (delivery.state in failed):
        requests.failed_by(tx, entry.request_id, 1 if values["state"] in failed else -1)
    tx.touch("entries", delivery.entry_id)
    tx.announce(kind, conversation=entry.conversation_id)
    for carried in tx.all(sql.carried, delivery_id=delivery.id):
        change(tx, carried, kind, **changes)


def receipt(tx: Transaction, news: Receipt) -> bool:
    """What the other side tells about something we sent; False when we never sent it."""
    delivery_id = tx.value(sql.by_provider_id, provider_id=news.provider_id)
    if delivery_id is None:
        return False
    delivery = locked(tx, delivery_id)
    at = tx.now if news.at is None else min(to_ms(news.at), tx.now)
    match news.state:
        case "failed":
            change(
                tx, delivery, "delivery.failed", state="failed", reason=news.reason, code=news.code, next_try_at=None
            )
        case "delayed":
            change(tx, delivery, "delivery.delayed", reason=news.reason, code=news.code)
        case state:
            _advance(tx, delivery, state, at)
    return True


def _advance(tx: Transaction, delivery: Any, state: str, at: int) -> None:
    if delivery.state in {"cancelled", "failed"} or _ORDER.index(state) <= _ORDER.index(delivery.state):
        return
    changes: dict[str, Any] = {"state": state, "reason": "", "code": "", "next_try_at": None}
    changes[f"{state}_at"] = at
    if state == "read" and delivery.delivered_at is None:
        changes["delivered_at"] = at
    change(tx, delivery, f"delivery.{state}", **changes)


def arrived(tx: Transaction, endpoint_id: int, account_id: int, up_to: int) -> None:
    """A visitor's browser has everything that was written to it."""
    for row in tx.all(sql.undelivered_to, endpoint_id=endpoint_id, account_id=account_id):
        if row.entry_id > up_to:
            continue
        _advance(tx, locked(tx, row.id), "delivered", tx.now)


def seen_by(tx: Transaction, endpoint_id: int, up_to: int) -> None:
    """A visitor has seen our messages up to this entry."""
    for row in tx.all(sql.unread_by_endpoint, endpoint_id=endpoint_id, up_to=up_to):
        _advance(tx, locked(tx, row.id), "read", tx.now)


def cancel(tx: Transaction, actor: Actor, delivery_id: int) -> int:
    """Call back what still waits."""
    delivery = locked(tx, delivery_id)
    if delivery.state not in {"scheduled", "queued"}:
        raise NotWaiting
    change(tx, delivery, "delivery.cancelled", state="cancelled", next_try_at=None, undo_until=None)
    return int(delivery.entry_id)


def retry(tx: Transaction, actor: Actor, delivery_id: int, channels: Mapping[str, Channel]) -> int:
    """Try again what failed: a new delivery with a record of its own."""
    delivery = locked(tx, delivery_id)
    if delivery.state not in {"failed", "uncertain", "cancelled"} or tx.first(sql.followed, delivery_id=delivery_id):
        raise NotFailed
    # Words that went in another answer's mail go in its next one too.
    main = delivery if delivery.carried_by is None else tx.one(sql.delivery, delivery_id=delivery.carried_by)
    again = _again(tx, main, channels)
    for carried in tx.all(sql.carried, delivery_id=main.id):
        _again(tx, carried, channels, carried_by=again)
    tx.announce("delivery.queued", by=actor.id, conversation=delivery.conversation_id)
    return int(delivery.entry_id)


def _again(tx: Transaction, delivery: Any, channels: Mapping[str, Channel], carried_by: int | None = None) -> int:
    entry = tx.one(entries_sql.bump, entry_id=delivery.entry_id)
    if delivery.state != "cancelled":
        requests.failed_by(tx, entry.request_id, -1)
    tx.touch("entries", delivery.entry_id)
    return enqueue(
        tx,
        delivery.entry_id,
        delivery.account_id,
        channels[delivery.channel],
        delivery.endpoint_id,
        msgspec.json.decode(delivery.details),
        part=delivery.part,
        follows_id=delivery.id,
        carried_by=carried_by,
        undo=False,
    )


def _claim(tx: Transaction, delivery_id: int) -> Any | None:
    """Take a due delivery for this worker; None when another was faster or it was called back."""
    delivery = locked(tx, delivery_id)
    if delivery.state not in {"queued", "scheduled"} or delivery.next_try_at is None or delivery.next_try_at > tx.now:
        return None
    change(
        tx,
        delivery,
        "delivery.sending",
        state="sending",
        tries=delivery.tries + 1,
        next_try_at=tx.now + LEASE_MS,
    )
    return tx.one(sql.delivery, delivery_id=delivery_id)


def _sent(tx: Transaction, delivery_id: int, sent: Sent, channel: Channel, parts: int) -> None:
    delivery = locked(tx, delivery_id)
    for provider_id in (sent.provider_id, *sent.also_known_as):
        if provider_id:
            tx.run(
                sql.add_provider_id, account_id=delivery.account_id, provider_id=provider_id, delivery_id=delivery_id
            )
            tx.run(entries_sql.add_outside_id, outside_id=provider_id, entry_id=delivery.entry_id, own=True)
    done = {"state": "sent", "sent_at": tx.now, "reason": "", "code": "", "next_try_at": None, "undo_until": None}
    change(tx, delivery, "delivery.sent", **done)
    if delivery.part < parts:
        details = msgspec.json.decode(delivery.details)
        account, endpoint = delivery.account_id, delivery.endpoint_id
        enqueue(tx, delivery.entry_id, account, channel, endpoint, details, part=delivery.part + 1, undo=False)


def _not_sent(tx: Transaction, delivery_id: int, problem: ConnectorError) -> None:
    delivery = locked(tx, delivery_id)
    said = {"reason": problem.reason, "code": problem.code}
    if isinstance(problem, Uncertain):
        change(tx, delivery, "delivery.uncertain", state="uncertain", next_try_at=None, **said)
        return
    if isinstance(problem, Misconfigured):
        set_state(tx, delivery.account_id, "failing", problem.reason)
    # What was to go at a later time is counted from then.
    too_late = tx.now - max(delivery.created_at, delivery.undo_until or 0) > GIVE_UP_MS
    if isinstance(problem, Rejected) or too_late:
        change(tx, delivery, "delivery.failed", state="failed", next_try_at=None, **said)
        return
    wait = problem.retry_after if isinstance(problem, RateLimited) else WAITS_S[min(delivery.tries, len(WAITS_S)) - 1]
    change(tx, delivery, "delivery.queued", state="queued", next_try_at=tx.now + int(wait * 1000), **said)


def _lost(tx: Transaction, delivery_id: int) -> None:
    """Whoever was sending this died meanwhile: nobody knows whether it went out."""
    delivery = locked(tx, delivery_id)
    if delivery.state == "sending" and delivery.next_try_at is not None and delivery.next_try_at <= tx.now:
        reason = "The hub stopped while this was being sent. It may have arrived."
        change(tx, delivery, "delivery.uncertain", state="uncertain", reason=reason, next_try_at=None)


def follow_up(tx: Transaction, delivery_id: int, channels: Mapping[str, Channel]) -> None:
    """A chat answer that nobody took: when its visitor has left and gave an address, it goes on by mail, all of it."""
    delivery = locked(tx, delivery_id)
    if delivery.state != "sent" or delivery.delivered_at is not None or delivery.endpoint_id is None:
        return
    endpoint = tx.one(identities_sql.endpoint, endpoint_id=delivery.endpoint_id)
    if endpoint.left_at is None:
        tx.run(sql.recheck, endpoint_id=endpoint.id, next_try_at=tx.now + LOOK_AGAIN_MS)
        return
    tx.run(sql.recheck, endpoint_id=endpoint.id, next_try_at=None)
    kind = channels[delivery.channel].capabilities.falls_back_to
    address = _address_given(tx, endpoint, kind) if kind else None
    account = account_for(tx, kind, channels)
    if address is None or account is None:
        return
    waiting = [
        row
        for row in tx.all(sql.undelivered_to, endpoint_id=endpoint.id, account_id=delivery.account_id)
        if tx.first(sql.followed, delivery_id=row.id) is None
    ]
    if not waiting:
        return
    together = {"together": [row.entry_id for row in waiting], "after_chat": True}
    channel = channels[account.channel]
    last = waiting[-1]
    main = enqueue(tx, last.entry_id, account.id, channel, address.id, together, follows_id=last.id, undo=False)
    for row in waiting[:-1]:
        enqueue(tx, row.entry_id, account.id, channel, address.id, {}, follows_id=row.id, carried_by=main, undo=False)
    for row in waiting:
        tx.one(entries_sql.bump, entry_id=row.entry_id)
        tx.touch("entries", row.entry_id)
    tx.announce("delivery.moved", customer=endpoint.customer_id)


def _address_given(tx: Transaction, session: Any, kind: str) -> Any | None:
    """The address this visitor was told we write to: the one they gave, else the one the shop vouched for."""
    visitor = tx.first(visitors_sql.of_endpoint, endpoint_id=session.id)
    told = visitor and (visitor.email or msgspec.json.decode(visitor.identity).get("email"))
    address = same_or_none(kind, told or "")
    if address is None:
        return None
    members = group(tx, root(tx, session.customer_id).id)
    known = usable(tx.all(identities_sql.endpoints_of, customer_ids=[member.customer_id for member in members]))
    own = [row for row in known if (row.kind, row.address) == (kind, address)]
    return max(own, key=lambda row: (row.held, STRENGTH[row.assurance], row.id), default=None)


def account_for(tx: Transaction, kind: str, channels: Mapping[str, Channel]) -> Any | None:
    for row in tx.all(accounts_sql.every):
        channel = channels.get(row.channel)
        if channel and not row.gone and channel.address_kind == kind and channel.capabilities.start:
            return row
    return None


# --- the worker ---


class Delivery:
    """Sends what is due, a few at a time, and answers colleagues who cancel or retry."""

    def __init__(self, db: Database, channels: Mapping[str, Channel], accounts: Accounts, outgoing: Outgoing) -> None:
        self._db = db
        self._channels = channels
        self._accounts = accounts
        self._outgoing = outgoing
        self._more = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Something may be due."""
        self._more.set()

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
            wait = 1.0
            try:
                await self.work()
                wait = await self._until_due()
            except Exception:
                logger.exception("Deliveries could not be read", extra={"action": "delivery_failed"})
            # Not `wait_for`: before Python 3.12 it may lose a cancellation that comes as it ends.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._more.wait()

    async def _until_due(self) -> float:
        """Seconds to rest. The hub's clock may jump, so never long."""
        due = await self._db.view(lambda rd: rd.value(sql.next_due))
        return 1.0 if due is None else min(1.0, max(0.02, (due - self._db.clock.now()) / 1000))

    async def work(self) -> None:
        """Start everything that is due now."""
        self._more.clear()
        for row in await self._db.view(lambda rd: rd.all(sql.due, now=rd.now)):
            try:
                await self._start(row)
            except HubError:
                # One that cannot go on never stops the others.
                logger.exception("A delivery waits", extra={"action": "delivery_waits", "delivery": row.id})

    async def _start(self, row: Any) -> None:
        if row.id in self._under_way:
            return
        if row.state == "sending":
            await self._db.unit(_lost, row.id)
        elif row.state == "sent":
            await self._db.unit(follow_up, row.id, self._channels)
        elif len(self._under_way) < AT_ONCE:
            task = asyncio.create_task(self._send(row.id))
            self._under_way[row.id] = task
            task.add_done_callback(lambda _: self._done(row.id))

    def _done(self, delivery_id: int) -> None:
        self._under_way.pop(delivery_id, None)
        self.wake()

    async def settled(self) -> None:
        """Wait until nothing is under way, for an orderly stop; what takes too long is left, and shown as uncertain."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way.values(), timeout=STOP_S)
            for task in late:
                task.cancel()

    async def _send(self, delivery_id: int) -> None:
        delivery = await self._db.unit(_claim, delivery_id)
        if delivery is None:
            return
        try:
            sent, channel, parts = await self._hand_over(delivery)
        except ConnectorError as problem:
            await self._note(_not_sent, delivery_id, problem)
        except Exception:
            logger.exception("A delivery failed unexpectedly", extra={"action": "send_failed", "delivery": delivery_id})
            reason = "Something went wrong inside the hub. It may have been sent."
            await self._note(_not_sent, delivery_id, Uncertain(reason))
        else:
            await self._note(_sent, delivery_id, sent, channel, parts)

    async def _note(self, rule: Callable[..., None], *args: Any) -> None:
        """Write down what became of a delivery, however long the database cannot: nobody else knows."""
        while True:
            try:
                return await self._db.unit(rule, *args)
            except Unavailable:
                await asyncio.sleep(NOTE_AGAIN_S)

    async def _prepare(self, delivery: Any) -> tuple[Account, Channel, Sequence[Part]]:
        """Everything before anything leaves: what fails here was surely not sent."""
        try:
            row = await self._db.view(lambda rd: rd.one(accounts_sql.account, account_id=delivery.account_id))
            if row.gone:
                raise Rejected("This account was removed.")
            account, channel = self._accounts.open(row), self._channels[row.channel]
            message = await self._outgoing.compose(delivery, account)
            return account, channel, channel.split(account, message)
        except ConnectorError:
            raise
        except NotFound as problem:
            raise Rejected(str(problem)) from problem
        except Exception as problem:
            logger.exception("A message could not be made", extra={"action": "compose_failed", "delivery": delivery.id})
            raise Unreachable("The message could not be put together just now.") from problem

    async def _hand_over(self, delivery: Any) -> tuple[Sent, Channel, int]:
        account, channel, parts = await self._prepare(delivery)
        try:
            return await channel.send(account, parts[delivery.part - 1]), channel, len(parts)
        except (OSError, TimeoutError) as problem:
            raise Unreachable(str(problem)) from problem
