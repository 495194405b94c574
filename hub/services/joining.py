"""Two who prove to be one: a proof makes a holder, or joins whoever is provisional to the one who was proven before."""

from __future__ import annotations

from typing import Any

from hub.addresses import normalize
from hub.database import Transaction
from hub.repositories import conversations as entries_sql
from hub.repositories import identities as sql
from hub.services import identities
from hub.services.identities import STRENGTH, Arrival, group, root


def prove(tx: Transaction, customer_id: int, arrival: Arrival, country: str) -> int:
    """This customer's session or address was proven to be `arrival`'s: they hold it, or join whoever does.

    Returns the customer on whose screen they now show. Two join by themselves when one is provisional, or when the
    address was proven for the other side before; else they stay apart with a suggestion.
    """
    address = normalize(arrival.kind, arrival.address, country)
    holder = tx.first(sql.holder, kind=arrival.kind, scope=arrival.scope, address=address)
    if identities.hold_still(tx, customer_id, *([] if holder is None else [holder.customer_id])):
        holder = tx.first(sql.holder, kind=arrival.kind, scope=arrival.scope, address=address)
    if holder is None:
        _hold_proven(tx, root(tx, customer_id), arrival, address)
        return int(root(tx, customer_id).id)
    if arrival.proof:
        identities.strengthen(tx, holder, arrival.proof, arrival.method)
    _evict_claims(tx, arrival.kind, address, customer_id, holder.customer_id)
    return _join(tx, root(tx, customer_id), root(tx, holder.customer_id), arrival, holder.assurance)


def _join(tx: Transaction, mine: Any, theirs: Any, arrival: Arrival, proven_before: str) -> int:
    if mine.id == theirs.id:
        return int(mine.id)
    how = f"{arrival.kind} by {arrival.method or arrival.proof}"
    if not _kept_apart(tx, mine.id, theirs.id):
        if mine.provisional or (not theirs.provisional and STRENGTH[proven_before] >= STRENGTH["link"]):
            return merge(tx, mine, theirs, reason=f"proved {how}")
        if theirs.provisional:
            return merge(tx, theirs, mine, reason=f"proved {how}")
    identities.suggest(tx, mine.id, theirs.id, [f"proved {arrival.address} by {arrival.method or arrival.proof}"])
    return int(mine.id)


def _kept_apart(tx: Transaction, one: int, other: int) -> bool:
    """Whether a colleague has said that these two, or anybody merged into them, are not the same person."""
    ones, others = ([member.customer_id for member in group(tx, i)] for i in (one, other))
    said = (tx.first(sql.kept_apart, customer_ids=a, other_ids=b) for a, b in ((ones, others), (others, ones)))
    return any(row is not None for row in said)


def _hold_proven(tx: Transaction, customer: Any, arrival: Arrival, address: str) -> None:
    ids = {member.customer_id for member in group(tx, customer.id)}
    claims = tx.all(sql.claims_of_address, kind=arrival.kind, address=address)
    own = next((row for row in claims if row.customer_id in ids and not identities.is_evicted(row)), None)
    _evict_claims(tx, arrival.kind, address, customer.id)
    if own is not None and own.scope == arrival.scope:
        tx.run(
            sql.take_claim,
            endpoint_id=own.id,
            session="",
            assurance=arrival.proof or "claimed",
            method=arrival.method,
            proven_at=tx.now,
        )
        identities.written_before(tx, own)
        identities.orders_change_hands(tx, arrival.kind, address)
    else:
        identities.hold(tx, customer.id, arrival, address)
    identities.set_provisional(tx, customer.id, provisional=False)


def _evict_claims(tx: Transaction, kind: str, address: str, *owners: int) -> None:
    """Others' claims of an address that now has a proven owner: their words stay, the claims go.

    The row of such a claim is kept as the record of where something was said from or sent to; it is shown and written
    to no more. What the owner typed in another session stays: it was true.
    """
    ids = {member.customer_id for owner in owners for member in group(tx, root(tx, owner).id)}
    for other in tx.all(sql.claims_of_address, kind=kind, address=address):
        if other.customer_id in ids or identities.is_evicted(other):
            continue
        tx.run(sql.retire_claim, endpoint_id=other.id, session=f"{identities.EVICTED}{other.id}")
        shown = root(tx, other.customer_id).id
        tx.run(sql.bump_customer, customer_id=shown)
        tx.touch("customers", shown)


def show_anew(tx: Transaction, customer_id: int) -> None:
    """A customer's entries and orders show on another screen than before."""
    for member in group(tx, customer_id):
        newest = tx.all(entries_sql.newest_ids, conversation_id=member.conversation_id)
        tx.touch("entries", *(row.id for row in newest))
    for endpoint in tx.all(sql.endpoints_of, customer_ids=[customer_id]):
        identities.orders_change_hands(tx, endpoint.kind, endpoint.address)


def merge(tx: Transaction, customer: Any, into: Any, *, reason: str, agent_id: int | None = None) -> int:
    """Show `customer` on the screen of `into` from now on. One row; no entry moves; undone by taking it back."""
    tx.run(sql.merge_customer, customer_id=customer.id, merged_into=into.id)
    tx.value(sql.add_merge, customer_id=customer.id, into_id=into.id, reason=reason, agent_id=agent_id, at=tx.now)
    tx.touch("customers", customer.id)
    show_anew(tx, customer.id)
    identities.refresh(tx, into.id)
    identities.show_name(tx, into.id)
    tx.announce("customer.merged", customer=into.id)
    return int(into.id)
