"""Notes: what colleagues write to each other beside a conversation."""

from __future__ import annotations

from hub.database import Transaction
from hub.errors import Invalid
from hub.security import Actor
from hub.services import attachments, drafts, identities, requests
from hub.services.client_keys import entry_of, fingerprint
from hub.services.conversations import NewEntry, append


def add_note(
    tx: Transaction,
    actor: Actor,
    customer_id: int,
    text: str,
    request_id: int | None,
    key: str | None,
    files: tuple[int, ...] = (),
) -> tuple[int, bool]:
    """A note that only colleagues see; (entry, whether it was stored before)."""
    if not text.strip() and not files:
        raise Invalid("An empty note says nothing.")
    mark = fingerprint(customer_id, text, files)
    identities.hold_still(tx, identities.known(tx, customer_id))
    if key is not None:
        before = entry_of(tx, actor, key, mark)
        if before is not None:
            return before, True
    customer = identities.root(tx, customer_id)
    request = requests.named_or_last(tx, customer.id, request_id)
    entry = append(
        tx,
        NewEntry(
            conversation_id=request.conversation_id if request is not None else customer.conversation_id,
            kind="note",
            author_kind="agent",
            author_id=actor.id,
            author_name=actor.name,
            text=text,
            request_id=request.id if request is not None else None,
            client_key=key,
            fingerprint=mark,
        ),
    )
    attachments.attach(tx, actor, entry.id, files)
    drafts.clear(tx, actor, customer.id, "note")
    tx.announce("note.added", by=actor.id, customer=customer.id)
    return entry.id, False
