"""A message sent on to a third party."""

from __future__ import annotations

from typing import Any

from hub.addresses import normalize
from hub.database import Transaction
from hub.errors import Invalid, NotFound
from hub.ports.channel import Channel
from hub.repositories import conversations as entries_sql
from hub.security import Actor
from hub.services import attachments, delivery, identities, requests
from hub.services.client_keys import entry_of, fingerprint
from hub.services.conversations import NewEntry, append
from hub.services.request_matching import plain_subject


def forward(
    tx: Transaction, actor: Actor, entry_id: int, to: str, text: str, key: str, account: Any, channel: Channel
) -> int:
    """Send a message on to a third party, with its files. It names them; they become no customer by it."""
    mark = fingerprint(entry_id, to, text)
    before = entry_of(tx, actor, key, mark)
    if before is not None:
        return before
    original = tx.first(entries_sql.entry, entry_id=entry_id)
    if original is None:
        raise NotFound("There is no such entry.")
    if original.kind != "message":
        raise Invalid("Only what was said to or by the customer can be forwarded.")
    identities.hold_still_at(tx, original.conversation_id)
    address = normalize("email", to)
    entry = append(
        tx,
        NewEntry(
            conversation_id=original.conversation_id,
            kind="message",
            direction="out",
            channel=account.channel,
            account_id=account.id,
            author_kind="agent",
            author_id=actor.id,
            author_name=actor.name,
            subject=f"Fwd: {plain_subject(original.subject)}" if original.subject else "",
            text=text,
            request_id=original.request_id,
            client_key=key,
            fingerprint=mark,
            details={"forwarded": entry_id, "to": address},
        ),
    )
    attachments.attach_copies(tx, entry.id, entry_id)
    details = {"to": address, "to_kind": "email", "forwarded": entry_id, "first": True}
    delivery.enqueue(tx, entry.id, account.id, channel, None, details)
    if original.request_id is not None:
        requests.noticed(tx, requests.locked(tx, original.request_id), entry.id, tx.now)
    tx.announce("message.forwarded", by=actor.id, conversation=original.conversation_id)
    return entry.id
