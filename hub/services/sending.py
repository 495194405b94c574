"""Sends one delivery: takes it, hands it to its channel, and writes down what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

import msgspec

from hub.database import Database, Transaction
from hub.errors import NotFound, Unavailable
from hub.ports.channel import Account, Channel
from hub.ports.errors import ConnectorError, Misconfigured, RateLimited, Rejected, Uncertain, Unreachable
from hub.ports.message import Part, Sent
from hub.repositories import accounts as accounts_sql
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as sql
from hub.services.accounts import Accounts, set_state
from hub.services.delivery import LEASE_MS, change, enqueue, locked
from hub.services.identities import hold_still_now
from hub.services.outgoing import Outgoing

logger = logging.getLogger(__name__)

# A refused or unanswered try is repeated after these waits, the last one again and again until we give up.
WAITS_S = (60, 300, 900, 3600)
GIVE_UP_MS = 48 * 3_600_000
NOTE_AGAIN_S = 1.0
# Whoever is at a conversation is done in milliseconds.
CLAIM_AGAIN_S = 0.02
CLAIMS = 25


class AtWork(Unavailable):
    """Something else is being done in this conversation at this moment."""

    code = "at_work"


# What monitoring calls the end of a try.
_OUTCOMES: tuple[tuple[type[ConnectorError], str], ...] = (
    (RateLimited, "rate_limited"),
    (Unreachable, "unreachable"),
    (Rejected, "rejected"),
    (Uncertain, "uncertain"),
    (Misconfigured, "misconfigured"),
)

# --- rules ---


def claim(tx: Transaction, delivery_id: int) -> Any | None:
    """Take a due delivery for this worker; None when another was faster or it was called back.

    Workers of several nodes see the same that is due: none waits for another, but raises `AtWork`.
    """
    seen = tx.one(sql.delivery, delivery_id=delivery_id)
    if not hold_still_now(tx, seen.conversation_id):
        raise AtWork
    delivery = tx.one(sql.delivery, delivery_id=delivery_id)
    if delivery.state not in {"queued", "scheduled"} or delivery.next_try_at is None or delivery.next_try_at > tx.now:
        return None
    tries = delivery.tries + 1
    change(tx, delivery, "delivery.sending", state="sending", tries=tries, next_try_at=tx.now + LEASE_MS)
    return tx.one(sql.delivery, delivery_id=delivery_id)


def name(tx: Transaction, delivery: Any, *provider_ids: str) -> None:
    """Remember by which ids the other side knows a delivery."""
    for provider_id in filter(None, provider_ids):
        tx.run(sql.add_provider_id, account_id=delivery.account_id, provider_id=provider_id, delivery_id=delivery.id)
        tx.run(entries_sql.add_outside_id, outside_id=provider_id, entry_id=delivery.entry_id, own=True)


def sent(tx: Transaction, delivery_id: int, answer: Sent, channel: Channel, parts: int) -> None:
    """The other side took it. What it has told of it meanwhile says more than that."""
    delivery = locked(tx, delivery_id)
    name(tx, delivery, answer.provider_id, *answer.also_known_as)
    done: dict[str, Any] = {"sent_at": delivery.sent_at or tx.now, "next_try_at": None, "undo_until": None}
    if delivery.state in {"sending", "uncertain"}:
        done |= {"state": "sent", "reason": "", "code": ""}
    change(tx, delivery, "delivery.sent", **done)
    _next_part(tx, delivery, channel, parts)


def _next_part(tx: Transaction, delivery: Any, channel: Channel, parts: int) -> None:
    """A part that is sent anew does not bring those after it anew."""
    part, entry_id, account_id = delivery.part + 1, delivery.entry_id, delivery.account_id
    if part > parts or tx.first(sql.part, entry_id=entry_id, account_id=account_id, part=part) is not None:
        return
    details = msgspec.json.decode(delivery.details)
    enqueue(tx, entry_id, account_id, channel, delivery.endpoint_id, details, part=part, undo=False)


def not_sent(tx: Transaction, delivery_id: int, problem: ConnectorError) -> None:
    """It went wrong: whether it is tried again, and when, or is for a colleague to deal with."""
    delivery = locked(tx, delivery_id)
    if isinstance(problem, Misconfigured):
        set_state(tx, delivery.account_id, "failing", problem.reason)
    if delivery.state not in {"sending", "uncertain"} or tx.first(sql.followed, delivery_id=delivery_id):
        # The other side, or a colleague, has said since what is to become of it.
        return
    state, next_try_at = _after(tx.now, delivery, problem)
    said = {"reason": problem.reason, "code": problem.code}
    change(tx, delivery, f"delivery.{state}", state=state, next_try_at=next_try_at, **said)


def _after(now: int, delivery: Any, problem: ConnectorError) -> tuple[str, int | None]:
    """What a delivery is after a failed try, and when it is tried again."""
    if isinstance(problem, Uncertain):
        return "uncertain", None
    # What was to go at a later time is counted from then.
    too_late = now - max(delivery.created_at, delivery.undo_until or 0) > GIVE_UP_MS
    if isinstance(problem, Rejected) or too_late:
        return "failed", None
    wait = problem.retry_after if isinstance(problem, RateLimited) else WAITS_S[min(delivery.tries, len(WAITS_S)) - 1]
    return "queued", now + int(wait * 1000)


def lost(tx: Transaction, delivery_id: int) -> None:
    """Whoever was sending this died meanwhile: nobody knows whether it went out."""
    delivery = locked(tx, delivery_id)
    if delivery.state == "sending" and delivery.next_try_at is not None and delivery.next_try_at <= tx.now:
        reason = "The hub stopped while this was being sent. It may have arrived."
        change(tx, delivery, "delivery.uncertain", state="uncertain", reason=reason, next_try_at=None)


def _outcome(problem: ConnectorError) -> str:
    return next((name for kind, name in _OUTCOMES if isinstance(problem, kind)), "failed")


# --- one after another ---


class Sender:
    """Sends a delivery from its claim to the news of what became of it."""

    def __init__(self, db: Database, channels: Mapping[str, Channel], accounts: Accounts, outgoing: Outgoing) -> None:
        self._db = db
        self._channels = channels
        self._accounts = accounts
        self._outgoing = outgoing

    async def send(self, delivery_id: int) -> None:
        """Send what is due, unless another was faster."""
        delivery = await self._claim(delivery_id)
        if delivery is None:
            return
        began = perf_counter()
        try:
            answer, channel, parts = await self._hand_over(delivery)
        except ConnectorError as problem:
            self._db.gauges.tried(delivery.channel, _outcome(problem), perf_counter() - began)
            await self._note(not_sent, delivery_id, problem)
        except Exception:
            self._db.gauges.tried(delivery.channel, "uncertain", perf_counter() - began)
            logger.exception("A delivery failed unexpectedly", extra={"action": "send_failed", "delivery": delivery_id})
            reason = "Something went wrong inside the hub. It may have been sent."
            await self._note(not_sent, delivery_id, Uncertain(reason))
        else:
            self._db.gauges.tried(delivery.channel, "sent", perf_counter() - began)
            await self._note(sent, delivery_id, answer, channel, parts)

    async def _claim(self, delivery_id: int) -> Any | None:
        for _ in range(CLAIMS):
            try:
                return await self._db.unit(claim, delivery_id)
            except AtWork:
                await asyncio.sleep(CLAIM_AGAIN_S)
        # It is still due, and looked at again with all that is.
        return None

    async def _note(self, rule: Callable[..., None], *args: Any) -> None:
        """Write down what became of a delivery, however long the database cannot: nobody else knows."""
        while True:
            try:
                return await self._db.unit(rule, *args)
            except Unavailable:
                await asyncio.sleep(NOTE_AGAIN_S)

    async def _hand_over(self, delivery: Any) -> tuple[Sent, Channel, int]:
        account, channel, parts = await self._prepare(delivery)
        try:
            return await channel.send(account, parts[delivery.part - 1]), channel, len(parts)
        except (OSError, TimeoutError) as problem:
            raise Unreachable(str(problem)) from problem

    async def _prepare(self, delivery: Any) -> tuple[Account, Channel, Sequence[Part]]:
        """Everything before anything leaves: what fails here was surely not sent."""
        try:
            row = await self._db.view(lambda rd: rd.one(accounts_sql.account, account_id=delivery.account_id))
            if row.gone:
                raise Rejected("This account was removed.")
            account, channel = self._accounts.open(row), self._channels[row.channel]
            message = await self._outgoing.compose(delivery, account)
            parts = channel.split(account, message)
            await self._name(delivery, channel.id_of(account, parts[delivery.part - 1]))
            return account, channel, parts
        except ConnectorError:
            raise
        except NotFound as problem:
            raise Rejected(str(problem)) from problem
        except Exception as problem:
            logger.exception("A message could not be made", extra={"action": "compose_failed", "delivery": delivery.id})
            raise Unreachable("The message could not be put together just now.") from problem

    async def _name(self, delivery: Any, provider_id: str) -> None:
        """What is told of it before we hear that it was taken, or instead, is known to be about it."""
        if provider_id:
            await self._db.unit(name, delivery, provider_id)
