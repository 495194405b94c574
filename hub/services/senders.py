"""Who wrote a message: what it answers, what it proves, and whose endpoint it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hub.addresses import normalize, same_or_none
from hub.database import Transaction
from hub.errors import Conflict
from hub.ports.channel import Capabilities
from hub.ports.message import InboundMessage
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as deliveries_sql
from hub.repositories import identities as identities_sql
from hub.services import identities, joining
from hub.services.identities import Arrival, Who


class SessionOfAnother(Conflict):
    """This session was proven to be somebody else's before. Nothing was stored; give their words another session."""

    code = "session_of_another"


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What filing needs to know beside the message itself."""

    account_id: int
    account: str
    channel: str
    capabilities: Capabilities
    country: str
    read_token: Callable[[str], int | None]


class Answered(msgspec.Struct, frozen=True):
    """What a message answers: deliveries named by our own tokens, entries named by ids anybody may write."""

    deliveries: tuple[Any, ...] = ()
    entry_ids: tuple[int, ...] = ()
    request_ids: tuple[int, ...] = ()
    said_at: int | None = None


def what_it_answers(tx: Transaction, context: Context, message: InboundMessage) -> Answered:
    """What a message answers."""
    named = [context.read_token(token) for token in message.reply_tokens[:10]]
    deliveries = [
        row for i in dict.fromkeys(named) if i is not None and (row := tx.first(deliveries_sql.delivery, delivery_id=i))
    ]
    entry_ids = [row.entry_id for row in deliveries]
    for outside_id in message.thread_ids[:50]:
        entry_ids += [row.entry_id for row in tx.all(entries_sql.by_outside_id, outside_id=outside_id)]
    entries = [tx.one(entries_sql.entry, entry_id=i) for i in dict.fromkeys(entry_ids)]
    request_ids = tuple(dict.fromkeys(e.request_id for e in entries if e.request_id is not None))
    said_at = max((e.shown_at for e in entries if e.shown_at <= tx.now), default=None)
    return Answered(tuple(deliveries), tuple(dict.fromkeys(entry_ids)), request_ids, said_at)


def prove_by_answer(tx: Transaction, context: Context, message: InboundMessage, answered: Answered) -> None:
    """An answer to what we sent to this very address proves the address, and joins what its session had written."""
    if message.failed_proof:
        return
    for delivery in answered.deliveries:
        endpoint = tx.first(identities_sql.endpoint, endpoint_id=delivery.endpoint_id)
        if endpoint is None or endpoint.kind != message.sender.kind or endpoint.method == identities.DISOWNED:
            continue
        if endpoint.address != same_or_none(message.sender.kind, message.sender.address, context.country):
            continue
        arrival = Arrival(
            kind=endpoint.kind,
            address=message.sender.address,
            scope=endpoint.scope,
            name=message.sender.name,
            proof="link",
            method=identities.BY_ANSWER,
        )
        joining.prove(tx, endpoint.customer_id, arrival, context.country)
        return


def _is_proven_by(tx: Transaction, context: Context, message: InboundMessage, answered: Answered) -> bool:
    address = same_or_none(message.sender.kind, message.sender.address, context.country)
    endpoints = (tx.first(identities_sql.endpoint, endpoint_id=d.endpoint_id) for d in answered.deliveries)
    return any(e is not None and e.kind == message.sender.kind and e.address == address for e in endpoints)


def who_wrote(tx: Transaction, context: Context, message: InboundMessage, answered: Answered) -> Who:
    """The endpoint it came from, by what its channel is bound to and what it proves."""
    proof, method = message.proof, message.proof_method
    if proof is None and not message.failed_proof and _is_proven_by(tx, context, message, answered):
        proof, method = "link", identities.BY_ANSWER
    arrival = Arrival(
        kind=message.sender.kind,
        address=message.sender.address,
        scope=message.sender.scope,
        name=message.sender.name,
        proof=proof,
        method=method,
        failed_proof=message.failed_proof,
    )
    if message.session and message.proof is not None:
        _prove_session(tx, context, message.session, arrival)
        return identities.arrive(tx, arrival, context.country)
    bound = context.capabilities.bound_to == "address" or proof is not None
    if bound and not message.session:
        return identities.arrive(tx, arrival, context.country)
    return _session(tx, context, message)


def _prove_session(tx: Transaction, context: Context, name: str, arrival: Arrival) -> None:
    """Who is proven to sit there is whom this session's words belong to: what was written before joins them."""
    session = msgspec.structs.replace(arrival, kind="session", scope=context.account, address=name)
    there, known = _holders(tx, session, arrival, context.country)
    if there is None:
        who = identities.arrive(tx, arrival, context.country)
        if identities.hold(tx, who.customer_id, session, normalize("session", name)) is not None:
            identities.refresh(tx, who.customer_id)
            return
        # Another message of this session was faster.
        there, known = _holders(tx, session, arrival, context.country)
    assert there is not None
    owner = identities.root(tx, there.customer_id)
    if owner.provisional:
        joining.prove(tx, there.customer_id, arrival, context.country)
        identities.strengthen(tx, there, "signed", arrival.method)
    elif known is None or identities.root(tx, known.customer_id).id != owner.id:
        raise SessionOfAnother


def _holders(tx: Transaction, session: Arrival, arrival: Arrival, country: str) -> tuple[Any | None, Any | None]:
    """Whose the session is and whose the address, both held still."""

    def read() -> list[Any]:
        return [
            tx.first(
                identities_sql.holder, kind=one.kind, scope=one.scope, address=normalize(one.kind, one.address, country)
            )
            for one in (session, arrival)
        ]

    found = read()
    if identities.hold_still(tx, *(row.customer_id for row in found if row is not None)):
        found = read()
    return found[0], found[1]


def _session(tx: Transaction, context: Context, message: InboundMessage) -> Who:
    """Whoever is there: one provisional customer per session, what they say about themselves kept as a claim."""
    sender = message.sender
    address = normalize(sender.kind, sender.address, context.country)
    session = message.session or f"{sender.kind}:{address}"
    who = identities.arrive(
        tx, Arrival(kind="session", scope=context.account, address=session, name=sender.name), context.country
    )
    customer = tx.one(identities_sql.endpoint, endpoint_id=who.endpoint_id).customer_id
    identities.claim(tx, customer, sender.kind, sender.address, address, f"account:{context.account}:{session}")
    return who


def thread_of_stranger(tx: Transaction, context: Context, message: InboundMessage, answered: Answered) -> Any | None:
    """The thread that somebody unknown answers with our token from another address: its request, or None."""
    if (
        not answered.deliveries
        or message.session
        or message.failed_proof
        or _is_proven_by(tx, context, message, answered)
    ):
        return None
    sender = message.sender
    address = same_or_none(sender.kind, sender.address, context.country)
    if address is None or tx.first(identities_sql.holder, kind=sender.kind, scope=sender.scope, address=address):
        return None
    return tx.one(entries_sql.entry, entry_id=answered.deliveries[0].entry_id)
