"""What we send, part by part: stored first, and always in a state that a colleague understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from hub.clock import to_ms
from hub.database import Transaction
from hub.errors import Conflict, NotFound, Unavailable
from hub.ports.channel import Channel
from hub.ports.message import Receipt
from hub.repositories import accounts as accounts_sql
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as sql
from hub.security import Actor
from hub.services import requests
from hub.services.identities import hold_still_at

# Whoever holds a delivery this long without a word has died with it.
LEASE_MS = 10 * 60_000
# As far as the clocks of two nodes may lie apart.
_APART_MS = 60_000
# How long a chat answer may stay undelivered before we look whether its visitor has left.
LOOK_AGAIN_MS = 20_000

_ORDER = ("scheduled", "queued", "sending", "uncertain", "failed", "sent", "delivered", "read")
# What a colleague has to deal with.
_OPEN = frozenset({"failed", "uncertain"})
# What the mail of several answers does by itself, and those it carries do not.
_OF_THE_MAIL = frozenset({"tries", "next_try_at", "undo_until"})


class NotWaiting(Conflict):
    """This is already on its way and cannot be called back."""

    code = "not_waiting"


class NotFailed(Conflict):
    """Only what failed can be tried again."""

    code = "not_failed"


class StillSending(Unavailable):
    """This may be about something that is being sent at this moment, whose id is not known yet."""

    code = "still_sending"


# --- what is to be sent ---


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
    before, after = delivery.state in _OPEN, values["state"] in _OPEN
    # What was tried again is dealt with, whatever is heard of the first try later.
    if before != after and tx.first(sql.followed, delivery_id=delivery.id) is None:
        requests.failed_by(tx, entry.request_id, 1 if after else -1)
    tx.touch("entries", delivery.entry_id)
    tx.announce(kind, conversation=entry.conversation_id)
    shared = {name: value for name, value in changes.items() if name not in _OF_THE_MAIL}
    for carried in tx.all(sql.carried, delivery_id=delivery.id):
        change(tx, carried, kind, **shared)


# --- what the other side tells ---


def receipt(tx: Transaction, news: Receipt, channel: str, received_at: int) -> bool:
    """What the other side tells about something we sent; False when we never sent it.

    Some tell before their answer to our sending is here: raises `StillSending`, and then it is to be read again.
    """
    # Asked first: what is no longer being sent when we ask is known by its ids when we look for them.
    under_way = tx.first(sql.sending_through, channel=channel, until=received_at + LEASE_MS + _APART_MS) is not None
    delivery_id = tx.value(sql.by_provider_id, provider_id=news.provider_id)
    if delivery_id is None:
        if under_way:
            raise StillSending
        return False
    delivery = locked(tx, delivery_id)
    at = tx.now if news.at is None else min(to_ms(news.at), tx.now)
    match news.state:
        case "failed":
            _fail(tx, delivery, news)
        case "delayed":
            _delay(tx, delivery, news)
        case state:
            _advance(tx, delivery, state, at)
    return True


def _fail(tx: Transaction, delivery: Any, news: Receipt) -> None:
    """What was read did arrive, and what was called back is nobody's loss."""
    if delivery.state in {"read", "cancelled"}:
        return
    said = {"reason": news.reason, "code": news.code}
    change(tx, delivery, "delivery.failed", state="failed", next_try_at=None, **said)


def _delay(tx: Transaction, delivery: Any, news: Receipt) -> None:
    if delivery.state in {"sending", "uncertain", "sent"}:
        change(tx, delivery, "delivery.delayed", reason=news.reason, code=news.code)


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


# --- by hand ---


def cancel(tx: Transaction, actor: Actor, delivery_id: int) -> int:
    """Call back what still waits."""
    delivery = locked(tx, delivery_id)
    if delivery.state not in {"scheduled", "queued"}:
        raise NotWaiting
    change(tx, _mail_of(tx, delivery), "delivery.cancelled", state="cancelled", next_try_at=None, undo_until=None)
    return int(delivery.entry_id)


def retry(tx: Transaction, actor: Actor, delivery_id: int, channels: Mapping[str, Channel]) -> int:
    """Try again what failed: a new delivery with a record of its own."""
    delivery = locked(tx, delivery_id)
    if delivery.state not in {"failed", "uncertain", "cancelled"} or tx.first(sql.followed, delivery_id=delivery_id):
        raise NotFailed
    main = _mail_of(tx, delivery)
    again = _again(tx, main, channels)
    for carried in tx.all(sql.carried, delivery_id=main.id):
        _again(tx, carried, channels, carried_by=again)
    tx.announce("delivery.queued", by=actor.id, conversation=delivery.conversation_id)
    return int(delivery.entry_id)


def _mail_of(tx: Transaction, delivery: Any) -> Any:
    """Words that go in another answer's mail go with it in everything."""
    return delivery if delivery.carried_by is None else tx.one(sql.delivery, delivery_id=delivery.carried_by)


def _again(tx: Transaction, delivery: Any, channels: Mapping[str, Channel], carried_by: int | None = None) -> int:
    entry = tx.one(entries_sql.bump, entry_id=delivery.entry_id)
    if delivery.state in _OPEN:
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


def account_for(tx: Transaction, kind: str, channels: Mapping[str, Channel]) -> Any | None:
    """The account that may write first to addresses of this kind."""
    for row in tx.all(accounts_sql.every):
        channel = channels.get(row.channel)
        if channel and not row.gone and channel.address_kind == kind and channel.capabilities.start:
            return row
    return None
