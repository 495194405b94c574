"""Who wrote: from an address to the customer who holds it. Only endpoints choose customers; claims choose nobody.

Address-bound arrivals (mail, messengers, calls) join whoever holds the address, because only its owner will read the
answer. Session-bound ones (the widget, an unverified API session) get a provisional customer until something proves
who sits there. Nothing here reveals to the outside whether an address is known.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hub.addresses import SESSION_KINDS, normalize
from hub.database import Reading, Transaction
from hub.errors import NotFound
from hub.repositories import conversations as entries_sql
from hub.repositories import drafts as drafts_sql
from hub.repositories import identities as sql
from hub.repositories import orders as orders_sql
from hub.services import search

# `staff` counts as `code`.
STRENGTH = {"claimed": 0, "link": 1, "code": 2, "staff": 2, "signed": 3}

EVICTED = "evicted:"
# How an address was proven that answered what we sent to it, and what became of one whose owner says it was not them.
BY_ANSWER = "answer to our message"
DISOWNED = "disowned by its owner"


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """An address from which something came, and what this arrival proved about it."""

    kind: str
    address: str
    scope: str = ""
    name: str = ""
    language: str = ""
    proof: str | None = None
    method: str = ""
    failed_proof: bool = False


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Where an arrival belongs: the customer on whose screen it shows, and the conversation it is written into."""

    customer_id: int
    conversation_id: int
    endpoint_id: int
    kind: str
    assurance: str
    method: str = ""
    fresh: bool = False
    # Nobody was merged with them: their one conversation is all there is of theirs.
    alone: bool = False


class NoSuchCustomer(NotFound):
    """There is no such customer."""

    code = "no_such_customer"


def known(rd: Reading, customer_id: int) -> int:
    """The id of a customer there is; raises `NoSuchCustomer`."""
    if rd.first(sql.customer, customer_id=customer_id) is None:
        raise NoSuchCustomer
    return customer_id


def root(rd: Reading, customer_id: int) -> Any:
    """The customer whose screen shows this one: itself, or whoever it was merged into."""
    customer = rd.one(sql.customer, customer_id=customer_id)
    while customer.merged_into is not None:
        customer = rd.one(sql.customer, customer_id=customer.merged_into)
    return customer


class Member(msgspec.Struct, frozen=True):
    """One customer of a merged group, with the conversation that is theirs."""

    customer_id: int
    conversation_id: int
    last_seq: int
    name: str


def group(rd: Reading, customer_id: int) -> list[Member]:
    """This customer first, then all who were merged into it, each with its conversation."""
    first = rd.one(sql.customer, customer_id=customer_id)
    members = [Member(first.id, first.conversation_id, first.last_seq, first.name)]
    for member in members:
        members.extend(Member(*row) for row in rd.all(sql.joined, customer_id=member.customer_id))
    return members


def name_of(members: list[Member]) -> str:
    """The name of a customer's screen: their own, else that of one who was merged into them."""
    return next((member.name for member in members if member.name), "")


def hold_still(tx: Transaction, *customer_ids: int) -> bool:
    """Nobody else writes to these customers' conversations until this unit ends; whether that may have meant waiting.

    Whatever depends on what a conversation, its requests or its deliveries are like now is decided after this: it is
    taken first and in one order, so that units never wait for each other in a ring. SQLite has one writer anyway.
    """
    if tx.dialect.name == "sqlite":
        return False
    held: list[int] = []
    while held != (wanted := _conversations_of(tx, customer_ids)):
        # Who belongs together may have changed while we waited.
        tx.all(sql.lock_conversations, conversation_ids=wanted)
        held = wanted
    return True


def hold_still_now(tx: Transaction, conversation_id: int) -> bool:
    """The same for the customer on whose screen a conversation shows, without waiting; whether it was free."""
    if tx.dialect.name == "sqlite":
        return True
    customer = tx.one(sql.customer_of_conversation, conversation_id=conversation_id)
    wanted = _conversations_of(tx, (customer.id,))
    free = len(tx.all(sql.lock_free_conversations, conversation_ids=wanted)) == len(wanted)
    # Who belongs together may have changed since we looked.
    return free and _conversations_of(tx, (customer.id,)) == wanted


def _conversations_of(tx: Transaction, customer_ids: tuple[int, ...]) -> list[int]:
    roots = {root(tx, customer_id).id for customer_id in customer_ids}
    return sorted(member.conversation_id for shown in roots for member in group(tx, shown))


def hold_still_at(tx: Transaction, conversation_id: int) -> bool:
    """The same for the customer on whose screen a conversation shows."""
    if tx.dialect.name == "sqlite":
        return False
    return hold_still(tx, tx.one(sql.customer_of_conversation, conversation_id=conversation_id).id)


def _holder(tx: Transaction, kind: str, scope: str, address: str) -> Any | None:
    """Who holds an address, held still."""
    found = tx.first(sql.holder, kind=kind, scope=scope, address=address)
    if found is not None and hold_still(tx, found.customer_id):
        found = tx.first(sql.holder, kind=kind, scope=scope, address=address)
    return found


def add_customer(tx: Transaction, *, name: str = "", language: str = "", provisional: bool = False) -> tuple[int, int]:
    """A new customer with their one conversation; both ids."""
    customer_id = tx.value(sql.add_customer, name=name, language=language, provisional=provisional, created_at=tx.now)
    return customer_id, tx.value(sql.add_conversation, customer_id=customer_id)


def arrive(tx: Transaction, arrival: Arrival, country: str) -> Who:
    """The customer who holds this address; the first arrival makes one who does."""
    address = normalize(arrival.kind, arrival.address, country)
    if arrival.failed_proof:
        return _apart(tx, arrival, address)
    found = _holder(tx, arrival.kind, arrival.scope, address)
    if found is None:
        if tx.first(sql.shared_endpoint, kind=arrival.kind, scope=arrival.scope, address=address) is not None:
            return _apart(tx, arrival, address)
        return _first_arrival(tx, arrival, address, country)
    if arrival.proof:
        strengthen(tx, found, arrival.proof, arrival.method)
    elif found.left_at is not None:
        tx.run(sql.seen, endpoint_id=found.id, seen_at=tx.now)
    customer = root(tx, found.customer_id) if found.merged_into is not None else found
    if arrival.name and not found.name:
        rename(tx, found.customer_id, arrival.name)
    return Who(
        customer_id=found.customer_id if found.merged_into is None else customer.id,
        conversation_id=found.conversation_id,
        endpoint_id=found.id,
        kind=found.customer_kind if found.merged_into is None else customer.kind,
        assurance=arrival.proof or "claimed",
        method=arrival.method,
        alone=found.merged_into is None and not found.has_joined,
    )


def _first_arrival(tx: Transaction, arrival: Arrival, address: str, country: str) -> Who:
    customer_id, conversation_id = add_customer(
        tx, name=arrival.name, language=arrival.language, provisional=arrival.kind in SESSION_KINDS
    )
    endpoint_id = hold(tx, customer_id, arrival, address)
    if endpoint_id is None:
        # Somebody else's first message won the race for this address; ours joins it.
        tx.run(sql.drop_conversation, customer_id=customer_id)
        tx.run(sql.drop_customer, customer_id=customer_id)
        return arrive(tx, arrival, country)
    mark = tx.value(sql.mark_of, kind=arrival.kind, address=address) or _mark_of_domain(tx, arrival.kind, address)
    if mark:
        _set(tx, customer_id, kind=mark)
    search.index_customer(tx, customer_id)
    tx.touch("customers", customer_id)
    return Who(
        customer_id=customer_id,
        conversation_id=conversation_id,
        endpoint_id=endpoint_id,
        kind=mark or "person",
        assurance=arrival.proof or "claimed",
        method=arrival.method,
        fresh=True,
        alone=True,
    )


def _mark_of_domain(tx: Transaction, kind: str, address: str) -> str | None:
    if kind != "email":
        return None
    marked: str | None = tx.value(sql.mark_of, kind="mail_domain", address=address.rpartition("@")[2])
    return marked


def hold(tx: Transaction, customer_id: int, arrival: Arrival, address: str) -> int | None:
    """Make the customer the holder of a normalised address; None when somebody holds it already."""
    endpoint_id: int | None = tx.value(
        sql.hold,
        kind=arrival.kind,
        scope=arrival.scope,
        address=address,
        shown=arrival.address.strip(),
        customer_id=customer_id,
        held=True,
        session="",
        assurance=arrival.proof or "claimed",
        method=arrival.method,
        proven_at=tx.now if arrival.proof else None,
        seen_at=tx.now,
    )
    if endpoint_id is not None:
        orders_change_hands(tx, arrival.kind, address)
    return endpoint_id


def orders_change_hands(tx: Transaction, kind: str, address: str) -> None:
    """Orders placed with an address show on the screen of whoever holds it now."""
    tx.touch("orders", *(row.id for row in tx.all(orders_sql.of_address, kind=kind, address=address, limit=100)))


def _apart(tx: Transaction, arrival: Arrival, address: str) -> Who:
    """File it under a provisional customer: whoever wrote is not, or not surely, the one who holds the address."""
    session = f"{'failed' if arrival.failed_proof else 'shared'}:{arrival.kind}:{arrival.scope}:{address}"
    who = arrive(tx, Arrival(kind="session", address=session, name=arrival.name), "")
    claim_id = claim(tx, who.customer_id, arrival.kind, arrival.address, address, session)
    holder = tx.first(sql.holder, kind=arrival.kind, scope=arrival.scope, address=address)
    if holder is not None and who.fresh:
        reason = "the sender failed the mail domain's own check" if arrival.failed_proof else "a shared address"
        suggest(
            tx, who.customer_id, holder.merged_into or holder.customer_id, [f"says it is {arrival.address}: {reason}"]
        )
    return msgspec.structs.replace(who, endpoint_id=claim_id, assurance="claimed")


def claim(tx: Transaction, customer_id: int, kind: str, shown: str, address: str, session: str) -> int:
    """Note what a session says about itself. It chooses nobody; the same claim again is the same claim."""
    claim_id = tx.value(
        sql.claim,
        kind=kind,
        scope="",
        address=address,
        shown=shown.strip(),
        customer_id=customer_id,
        held=False,
        session=session,
        assurance="claimed",
        method="",
        proven_at=None,
        seen_at=tx.now,
    )
    if claim_id is None:
        return int(tx.one(sql.claim_of_session, session=session, kind=kind, address=address).id)
    tx.run(sql.bump_customer, customer_id=customer_id)
    search.index_customer(tx, customer_id)
    orders_change_hands(tx, kind, address)
    tx.touch("customers", root(tx, customer_id).id)
    return int(claim_id)


def strengthen(tx: Transaction, endpoint: Any, proof: str, method: str) -> None:
    """Keep the best proof of an endpoint, with its date."""
    if STRENGTH[proof] <= STRENGTH[endpoint.assurance]:
        return
    tx.run(sql.prove, endpoint_id=endpoint.id, assurance=proof, method=method, proven_at=tx.now)
    written_before(tx, endpoint)
    refresh(tx, endpoint.customer_id)


def written_before(tx: Transaction, endpoint: Any) -> None:
    """What was written through an endpoint before its first proof shows now that it was."""
    if endpoint.proven_at is None:
        tx.touch("entries", *(row.id for row in tx.all(entries_sql.newest_of_endpoint, endpoint_id=endpoint.id)))


def is_evicted(endpoint: Any) -> bool:
    return str(endpoint.session).startswith(EVICTED)


def usable(endpoints: list[Any]) -> list[Any]:
    """Those endpoints of a customer that are theirs or still said to be: claims that lost against an owner are not.

    What its owner has disowned stays lost, however often it is said again.
    """
    disowned = {(e.customer_id, e.kind, e.address) for e in endpoints if e.method == DISOWNED}
    said = (e for e in endpoints if not is_evicted(e))
    return [e for e in said if e.held or (e.customer_id, e.kind, e.address) not in disowned]


def refresh(tx: Transaction, customer_id: int) -> None:
    """Something that screens show of this customer changed, in their panel and in their rows of the inbox."""
    shown = root(tx, customer_id)
    tx.run(sql.bump_customer, customer_id=shown.id)
    tx.touch("customers", shown.id)
    conversation_ids = [member.conversation_id for member in group(tx, shown.id)]
    for request in tx.all(sql.bump_requests, conversation_ids=conversation_ids):
        tx.touch("requests", request.id)


def rename(tx: Transaction, customer_id: int, name: str) -> None:
    """Give a customer a name, wherever it shows."""
    _set(tx, customer_id, name=name)
    show_name(tx, customer_id)


def show_name(tx: Transaction, customer_id: int) -> None:
    """Drafts and suggestions name a customer, who has the name of any who were merged into them."""
    for member in group(tx, root(tx, customer_id).id):
        for draft in tx.all(drafts_sql.of_customer, customer_id=member.customer_id):
            tx.touch("drafts", draft.id, audience=f"agent:{draft.agent_id}")
        for other in tx.all(sql.suggesting, customer_id=member.customer_id):
            shown = root(tx, other.customer_id).id
            tx.run(sql.bump_customer, customer_id=shown)
            tx.touch("customers", shown)


def _set(tx: Transaction, customer_id: int, **changes: Any) -> None:
    now = tx.one(sql.customer, customer_id=customer_id)
    values = {"name": now.name, "language": now.language, "provisional": now.provisional, "kind": now.kind} | changes
    tx.run(sql.change_customer, customer_id=customer_id, **values)
    search.index_customer(tx, customer_id)
    refresh(tx, customer_id)


def set_provisional(tx: Transaction, customer_id: int, *, provisional: bool) -> None:
    """Whether nothing yet proves who this customer is."""
    _set(tx, customer_id, provisional=provisional)


def set_kind(tx: Transaction, customer_id: int, kind: str) -> None:
    """person, spam or not_customer."""
    _set(tx, customer_id, kind=kind)


def suggest(tx: Transaction, customer_id: int, other_id: int, evidence: list[str]) -> None:
    """A pointer for colleagues that these two may be one; it joins nothing and shows nothing to customers."""
    if customer_id == other_id:
        return
    body = msgspec.json.encode(evidence).decode()
    if not tx.run(sql.suggest, customer_id=customer_id, other_id=other_id, evidence=body, at=tx.now):
        return
    tx.run(sql.bump_customer, customer_id=customer_id)
    tx.touch("customers", customer_id)
