"""Who sits at a browser: which visitor, who the shop says they are, and which customer that makes of them."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.addresses import normalize
from hub.database import Reading, Transaction
from hub.errors import Conflict, Unauthenticated
from hub.repositories import identities as identities_sql
from hub.repositories import visitors as sql
from hub.services import identities, joining
from hub.services.identities import Arrival, Who


class NoSuchVisitor(Unauthenticated):
    """This browser's chat has ended. A new one can be started."""

    code = "no_such_visitor"


class SomebodyElse(Conflict):
    """This chat is another person's. A new one can be started."""

    code = "somebody_else"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who the shop's signed token says this is. `email` only when the shop has verified it."""

    subject: str
    email: str = ""
    name: str = ""
    phone: str = ""


def known(rd: Reading, visitor_id: int) -> Any:
    visitor = rd.first(sql.visitor, visitor_id=visitor_id)
    if visitor is None or visitor.gone_at is not None:
        raise NoSuchVisitor
    return visitor


def locked(tx: Transaction, visitor_id: int) -> Any:
    """The visitor, whom no other node changes until this unit ends."""
    tx.first(sql.lock, visitor_id=visitor_id)
    return known(tx, visitor_id)


def change(tx: Transaction, visitor: Any, **changes: Any) -> None:
    """Write these columns of the visitor's row."""
    names = ("token_hash", "endpoint_id", "identity", "name", "email", "seen_at", "gone_at")
    values = {name: getattr(visitor, name) for name in names} | changes
    tx.run(sql.change, visitor_id=visitor.id, **values)


def identity_of(visitor: Any) -> Identity | None:
    """Who the shop said this visitor is; None: it said nothing."""
    return msgspec.json.decode(visitor.identity, type=Identity) if visitor.identity != "{}" else None


def forget_email(tx: Transaction, visitor: Any) -> None:
    """The address they gave was not theirs."""
    change(tx, visitor, email="")


def is_somebody_else(rd: Reading, visitor: Any, account: str, identity: Identity, country: str) -> bool:
    """Whether another person was proven to sit here, or to own what was written here, before."""
    said = identity_of(visitor)
    if said is not None:
        return said.subject != identity.subject
    if visitor.endpoint_id is None:
        return False
    written_by = identities.root(rd, rd.one(identities_sql.endpoint, endpoint_id=visitor.endpoint_id).customer_id)
    # One device is no proof that two proven customers are one person.
    return not written_by.provisional and written_by.id not in _named(rd, account, identity, country)


def _named(rd: Reading, account: str, identity: Identity, country: str) -> set[int]:
    """The customers whom the shop's word names."""
    holders = (
        rd.first(
            identities_sql.holder, kind=one.kind, scope=one.scope, address=normalize(one.kind, one.address, country)
        )
        for one in arrivals_of(account, identity)
    )
    return {identities.root(rd, holder.customer_id).id for holder in holders if holder is not None}


def identify(tx: Transaction, visitor_id: int, account: str, identity: Identity, country: str, token_hash: str) -> None:
    """The shop vouches for who sits here: what this session wrote joins the customer it names."""
    visitor = locked(tx, visitor_id)
    if is_somebody_else(tx, visitor, account, identity, country):
        raise SomebodyElse
    written = msgspec.json.encode(identity).decode()
    change(tx, visitor, identity=written, name=identity.name or visitor.name, token_hash=token_hash)
    if visitor.endpoint_id is None:
        return
    endpoint = tx.one(identities_sql.endpoint, endpoint_id=visitor.endpoint_id)
    customer_id = endpoint.customer_id
    for arrival in arrivals_of(account, identity):
        customer_id = joining.prove(tx, customer_id, arrival, country)
    # The shop's token proves the session that brought it, not only the addresses in it.
    identities.strengthen(tx, endpoint, "signed", "shop sign-in")
    tx.announce("visitor.identified", customer=customer_id)


def arrivals_of(account: str, identity: Identity) -> list[Arrival]:
    """The addresses that a shop's token proves, the one that finds most people first."""
    addresses = [("email", "", identity.email)] if identity.email else []
    addresses.append(("external", account, identity.subject))
    return [
        Arrival(kind=kind, scope=scope, address=address, name=identity.name, proof="signed", method="shop sign-in")
        for kind, scope, address in addresses
    ]


def who_sits(tx: Transaction, visitor: Any, account: str, country: str) -> Who:
    """The visitor's endpoint; the first message makes it, under the proven customer where there is one."""
    if visitor.endpoint_id is not None:
        return _known_here(tx, visitor.endpoint_id)
    identity = identity_of(visitor)
    if identity is None:
        arrival = Arrival(kind="visitor", scope=account, address=f"v{visitor.id}", name=visitor.name)
        who = identities.arrive(tx, arrival, country)
    else:
        who = _proven(tx, visitor, account, identity, country)
    change(tx, visitor, endpoint_id=who.endpoint_id)
    if visitor.email:
        _claim(tx, who, visitor, visitor.email)
    return who


def _known_here(tx: Transaction, endpoint_id: int) -> Who:
    endpoint = tx.one(identities_sql.endpoint, endpoint_id=endpoint_id)
    identities.hold_still(tx, endpoint.customer_id)
    tx.run(identities_sql.seen, endpoint_id=endpoint.id, seen_at=tx.now)
    own = tx.one(identities_sql.customer, customer_id=endpoint.customer_id)
    shown = identities.root(tx, own.id)
    return Who(
        customer_id=shown.id,
        conversation_id=own.conversation_id,
        endpoint_id=endpoint.id,
        kind=shown.kind,
        assurance=endpoint.assurance,
    )


def _proven(tx: Transaction, visitor: Any, account: str, identity: Identity, country: str) -> Who:
    arrivals = arrivals_of(account, identity)
    who = identities.arrive(tx, arrivals[0], country)
    for further in arrivals[1:]:
        joining.prove(tx, who.customer_id, further, country)
    arrival = Arrival(kind="visitor", scope=account, address=f"v{visitor.id}", proof="signed", method="shop sign-in")
    owner = tx.one(identities_sql.customer_of_conversation, conversation_id=who.conversation_id)
    endpoint_id = identities.hold(tx, owner.id, arrival, f"v{visitor.id}")
    assert endpoint_id is not None
    tx.touch("customers", who.customer_id)
    return msgspec.structs.replace(who, endpoint_id=endpoint_id, assurance="signed")


def _claim(tx: Transaction, who: Who, visitor: Any, email: str) -> None:
    owner = tx.one(identities_sql.endpoint, endpoint_id=who.endpoint_id).customer_id
    identities.claim(tx, owner, "email", email, normalize("email", email), f"visitor:{visitor.id}")
