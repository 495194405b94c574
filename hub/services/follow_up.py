"""A chat answer that nobody took follows by mail, once its visitor has left and where they gave an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from hub.addresses import same_or_none
from hub.database import Transaction
from hub.ports.channel import Channel
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as sql
from hub.repositories import identities as identities_sql
from hub.repositories import visitors as visitors_sql
from hub.services import delivery
from hub.services.identities import STRENGTH, group, root, usable


def follow_up(tx: Transaction, delivery_id: int, channels: Mapping[str, Channel]) -> None:
    """A chat answer that nobody took: when its visitor has left and gave an address, it goes on by mail, all of it."""
    waiting = delivery.locked(tx, delivery_id)
    if waiting.state != "sent" or waiting.delivered_at is not None or waiting.endpoint_id is None:
        return
    session = tx.one(identities_sql.endpoint, endpoint_id=waiting.endpoint_id)
    if session.left_at is None:
        tx.run(sql.recheck, endpoint_id=session.id, next_try_at=tx.now + delivery.LOOK_AGAIN_MS)
        return
    tx.run(sql.recheck, endpoint_id=session.id, next_try_at=None)
    kind = channels[waiting.channel].capabilities.falls_back_to
    address = _address_given(tx, session, kind) if kind else None
    account = delivery.account_for(tx, kind, channels)
    answers = _not_followed(tx, session.id, waiting.account_id)
    if address is None or account is None or not answers:
        return
    _mail(tx, answers, address.id, account.id, channels[account.channel])
    tx.announce("delivery.moved", customer=session.customer_id)


def _not_followed(tx: Transaction, endpoint_id: int, account_id: int) -> list[Any]:
    rows = tx.all(sql.undelivered_to, endpoint_id=endpoint_id, account_id=account_id)
    return [row for row in rows if tx.first(sql.followed, delivery_id=row.id) is None]


def _mail(tx: Transaction, answers: list[Any], endpoint_id: int, account_id: int, channel: Channel) -> None:
    """All answers in one mail: that of the last one carries the others' words."""

    def enqueue(answer: Any, details: dict[str, Any], carried_by: int | None = None) -> int:
        to, follows = endpoint_id, answer.id
        return delivery.enqueue(
            tx, answer.entry_id, account_id, channel, to, details, follows_id=follows, carried_by=carried_by, undo=False
        )

    main = enqueue(answers[-1], {"together": [row.entry_id for row in answers], "after_chat": True})
    for answer in answers[:-1]:
        enqueue(answer, {}, carried_by=main)
    for answer in answers:
        tx.one(entries_sql.bump, entry_id=answer.entry_id)
        tx.touch("entries", answer.entry_id)


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
