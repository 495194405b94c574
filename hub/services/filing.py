"""What a stored payload turned out to be is filed, and what became of it is noted: nothing offered to us is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hub.database import Reading, Transaction
from hub.errors import Conflict
from hub.ports.commerce import NumberedOrder
from hub.ports.message import CallReport, Ignored, Item, Receipt
from hub.repositories import accounts as accounts_sql
from hub.repositories import conversations as entries_sql
from hub.repositories import intake as sql
from hub.services import calls, delivery, requests
from hub.services.accounts import set_state
from hub.services.conversations import NewEntry, append
from hub.services.copies import file_first, first_of
from hub.services.identities import add_customer
from hub.services.intake import Files_, take
from hub.services.leases import Guard
from hub.services.orders import BadOrder, put
from hub.services.senders import Context

# What it becomes when a payload holds several things: the one that matters most.
_WEIGHT = {"ignored": 0, "receipt": 1, "duplicate": 2, "entry": 3}


class WasRead(Conflict):
    """This was read. Only what could not be read can be read again."""

    code = "was_read"


# --- offered ---


def offer(
    tx: Transaction, account_id: int, items: Sequence[dict[str, Any]], cursor: str | None, guard: Guard | None = None
) -> int:
    """Store raw items and the connector's new cursor together; how many were new."""
    if guard is not None:
        guard(tx)
    fresh = sum(tx.value(sql.offer, account_id=account_id, received_at=tx.now, **item) is not None for item in items)
    if cursor is not None:
        tx.run(accounts_sql.set_cursor, account_id=account_id, cursor=cursor)
    return fresh


def tell_state(tx: Transaction, account_id: int, state: str, reason: str, guard: Guard) -> None:
    """How the connection of an account is doing, as whoever holds it says."""
    guard(tx)
    set_state(tx, account_id, state, reason)


def unknown(rd: Reading, account_id: int, provider_ids: Sequence[str]) -> list[str]:
    """Those ids that were never offered for this account."""
    return [i for i in provider_ids if rd.first(sql.offered, account_id=account_id, external_id=i) is None]


# --- read ---


def settle(tx: Transaction, intake_id: int, context: Context, items: Sequence[tuple[Item, Files_]]) -> None:
    """File what a payload turned out to be, and note what became of it."""
    row = tx.one(sql.locked_state, intake_id=intake_id)
    if row.state != "stored":
        return
    states = [_file(tx, context, item, files, row) for item, files in items] or [("ignored", "nothing in it", None)]
    state, reason, entry_id = max(states, key=lambda outcome: _WEIGHT[outcome[0]])
    if row.entry_id is not None:
        _close_stand_in(tx, row.entry_id)
    tx.run(sql.settle, intake_id=intake_id, state=state, reason=reason, entry_id=entry_id)


def _file(tx: Transaction, context: Context, item: Item, files: Files_, row: Any) -> tuple[str, str, int | None]:
    if isinstance(item, Ignored):
        return "ignored", item.reason, None
    if isinstance(item, Receipt):
        found = delivery.receipt(tx, item, context.channel, row.received_at)
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


def _close_stand_in(tx: Transaction, entry_id: int) -> None:
    """What stood for a message that could not be read needs nobody once it stands where it belongs."""
    entry = tx.one(entries_sql.entry, entry_id=entry_id)
    if entry.request_id is not None:
        requests.change(tx, requests.locked(tx, entry.request_id), status="resolved")


def put_orders(tx: Transaction, source: str, orders: Sequence[NumberedOrder]) -> list[str]:
    """Take over some orders of a webhook; what is wrong with those that make no sense."""
    wrong = []
    for item in orders:
        try:
            put(tx, source, item.number, item.order)
        except BadOrder as problem:
            wrong.append(f"{item.number}: {problem.detail}")
    return wrong


def settle_orders(tx: Transaction, intake_id: int, account_id: int, wrong: Sequence[str]) -> None:
    """Note that a shop's webhook was read, or what of it could not be."""
    if wrong:
        keep_failed(tx, intake_id, account_id, f"{len(wrong)} orders make no sense. {wrong[0]}")
        return
    tx.run(sql.settle, intake_id=intake_id, state="order", reason="", entry_id=None)
    set_state(tx, account_id, "ok", "")


# --- not read ---


def tried(tx: Transaction, intake_id: int) -> int:
    """Count a try in vain; how many there were."""
    return tx.value(sql.tried, intake_id=intake_id) or 0


def keep_failed(tx: Transaction, intake_id: int, account_id: int, reason: str) -> None:
    """What a shop sent and we cannot read is no customer's message: its account says so, and it is kept raw."""
    if tx.run(sql.settle, intake_id=intake_id, state="failed", reason=reason, entry_id=None):
        set_state(tx, account_id, "failing", f"A webhook could not be read: {reason}")


def keep_unreadable(tx: Transaction, intake_id: int, account: Any, reason: str) -> None:
    """What we cannot read is kept raw and shown as unreadable, under a customer of its own; it stops nothing else."""
    row = tx.one(sql.locked_state, intake_id=intake_id)
    if row.state != "stored":
        return
    entry_id = row.entry_id if row.entry_id is not None else _stand_in(tx, intake_id, account, reason, row.received_at)
    tx.run(sql.settle, intake_id=intake_id, state="failed", reason=reason, entry_id=entry_id)


def _stand_in(tx: Transaction, intake_id: int, account: Any, reason: str, received_at: int) -> int:
    customer_id, conversation_id = add_customer(tx, provisional=True)
    request = requests.open_request(tx, conversation_id, subject="")
    entry = append(
        tx,
        NewEntry(
            conversation_id=conversation_id,
            kind="message",
            direction="in",
            channel=account.channel,
            account_id=account.id,
            author_kind="customer",
            request_id=request.id,
            received_time=received_at,
            unreadable=True,
            details={"intake_id": intake_id, "reason": reason},
        ),
    )
    requests.heard(tx, request, entry.id, tx.now)
    tx.touch("customers", customer_id)
    tx.announce("message.unreadable", customer=customer_id, conversation=conversation_id)
    return entry.id


def reopen(tx: Transaction, entry_id: int) -> int:
    """Have what an entry stands for read again; its intake. Raises `WasRead`."""
    intake_id: int | None = tx.value(sql.reopen_of_entry, of_entry=entry_id)
    if intake_id is None:
        raise WasRead
    return intake_id


def reopen_some(tx: Transaction, account_id: int, after: int) -> list[int]:
    """Have the next few that this account failed to read be read again."""
    ids = [row.id for row in tx.all(sql.failed_of_account, account_id=account_id, after=after)]
    for intake_id in ids:
        tx.run(sql.reopen, intake_id=intake_id)
    return ids
