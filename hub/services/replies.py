"""Answers: refused when something was said in between, stored before they are sent, each to exactly one endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from hub.addresses import normalize
from hub.clock import to_ms
from hub.database import Database, Transaction
from hub.errors import Invalid, NotFound
from hub.ports.channel import Channel
from hub.repositories import conversations as entries_sql
from hub.repositories import identities as identities_sql
from hub.security import Actor, authorize
from hub.services import attachments, delivery, destinations, drafts, identities, requests
from hub.services.audit import record
from hub.services.client_keys import entry_of, fingerprint
from hub.services.conversations import NewEntry, append, preview
from hub.services.forwarding import forward
from hub.services.identities import Arrival
from hub.services.intake import Files_
from hub.services.notes import add_note
from hub.services.snapshot import Snapshot
from hub.services.staleness import Stale, missed

MAX_TEXT = 100_000


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as a colleague wrote it. `base` names the newest seq they had seen, per conversation.

    `attachments` were uploaded before; `files` come with the answer and lie in the file store already.
    """

    customer: int
    base: dict[int, int]
    text: str
    client_key: str
    html: str = ""
    request: int | None = None
    endpoint: int | None = None
    account: str | None = None
    attachments: tuple[int, ...] = ()
    files: Files_ = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    send_at: datetime | None = None
    resolve: bool = False
    override: bool = False


class First(msgspec.Struct, frozen=True, kw_only=True):
    """A message with which we write first: to a known endpoint, or to an address that may be new."""

    text: str
    client_key: str
    customer: int | None = None
    endpoint: int | None = None
    kind: str = ""
    address: str = ""
    name: str = ""
    account: str | None = None
    subject: str = ""
    html: str = ""
    attachments: tuple[int, ...] = ()
    files: Files_ = ()
    override: bool = False


def _names(files: Files_) -> list[str]:
    return [stored.file for _, stored in files]


# --- units ---


class Sending(msgspec.Struct, frozen=True):
    """What the units need of the hub: the channels, how objects are shown, and the default country."""

    channels: Mapping[str, Channel]
    snapshot: Snapshot
    country: str


def send(tx: Transaction, actor: Actor, reply: Reply, sending: Sending) -> tuple[int, bool]:
    """Store a reply and its deliveries; (entry, whether it was stored before)."""
    written = (reply.text, reply.html, reply.subject, reply.cc)
    mark = fingerprint(reply.customer, *written, reply.attachments, reply.endpoint, *_names(reply.files))
    identities.hold_still(tx, identities.known(tx, reply.customer))
    before = entry_of(tx, actor, reply.client_key, mark)
    if before is not None:
        return before, True
    customer = identities.root(tx, reply.customer)
    request = requests.named_or_last(tx, customer.id, reply.request)
    unseen = missed(tx, actor, customer.id, reply.base, request)
    if unseen:
        raise Stale(missed=[msgspec.to_builtins(sending.snapshot.entry(tx, i)) for i in unseen[:50]])
    _check_text(reply.text, len(reply.attachments) + len(reply.files))
    to = destinations.choose(tx, sending.channels, customer.id, reply.endpoint, reply.account)
    _check_destination(tx, actor, customer.id, to, reply)
    details: dict[str, Any] = {}
    if reply.cc:
        details["cc"] = _copies(to, reply.cc)
    if reply.subject:
        details["subject"] = reply.subject
    entry_id = _store(tx, actor, to, reply, request, mark, details)
    drafts.clear(tx, actor, customer.id, "reply")
    tx.announce("message.sent", by=actor.id, customer=customer.id)
    return entry_id, False


def _store(
    tx: Transaction,
    actor: Actor,
    to: destinations.Destination,
    reply: Reply,
    request: Any | None,
    mark: str,
    details: dict[str, Any],
) -> int:
    if request is None:
        owner = tx.one(identities_sql.customer, customer_id=to.endpoint.customer_id)
        subject = reply.subject or preview(reply.text)[:80]
        request = requests.open_request(tx, owner.conversation_id, subject=subject, owner_id=actor.id)
    entry = append(tx, _entry(tx, actor, to, reply, request.id, mark, _told(reply, details)))
    attachments.attach(tx, actor, entry.id, reply.attachments)
    attachments.attach_new(tx, entry.id, reply.files)
    send_at = None if reply.send_at is None else to_ms(reply.send_at)
    delivery.enqueue(tx, entry.id, to.account.id, to.channel, to.endpoint.id, details, send_at=send_at)
    requests.answered(tx, request, entry.id, actor.id, resolve=reply.resolve)
    return entry.id


def _entry(
    tx: Transaction,
    actor: Actor,
    to: destinations.Destination,
    reply: Reply,
    request_id: int,
    mark: str,
    details: dict[str, Any],
) -> NewEntry:
    """The entry of a reply, in the conversation of the endpoint that it goes to."""
    conversation = tx.one(entries_sql.conversation_of_customer, customer_id=to.endpoint.customer_id)
    return NewEntry(
        conversation_id=conversation.id,
        kind="message",
        direction="out",
        channel=to.account.channel,
        account_id=to.account.id,
        author_kind="agent",
        author_id=actor.id,
        author_name=actor.name,
        subject=reply.subject,
        text=reply.text,
        html=reply.html,
        endpoint_id=to.endpoint.id,
        request_id=request_id,
        client_key=reply.client_key,
        fingerprint=mark,
        details=details,
    )


def _told(reply: Reply, details: dict[str, Any]) -> dict[str, Any]:
    """What the entry of a reply says beside its words."""
    copies = {"cc": details["cc"]} if "cc" in details else {}
    return copies | ({"resolves": True} if reply.resolve else {})


def _copies(to: destinations.Destination, addresses: tuple[str, ...]) -> list[str]:
    if not to.channel.capabilities.copies:
        raise Invalid("This channel sends no copies. Nothing was sent.")
    return list(dict.fromkeys(normalize("email", address) for address in addresses))


def _check_text(text: str, files: int) -> None:
    if not text.strip() and not files:
        raise Invalid("There is nothing to send yet.")
    if len(text) > MAX_TEXT:
        raise Invalid(f"A message may have at most {MAX_TEXT} characters.")


def _check_destination(
    tx: Transaction, actor: Actor, customer_id: int, to: destinations.Destination, written: Reply | First
) -> None:
    said = f"{written.subject}\n{written.text}\n{written.html}"
    found = destinations.check(tx, customer_id, to.endpoint, said, _named_files(tx, written))
    if not found:
        return
    if not written.override:
        raise destinations.DestinationUnverified(found=found)
    authorize(actor, "destination.override")
    record(tx, "destination_overridden", f"endpoint:{to.endpoint.id}", by=actor)


def _named_files(tx: Transaction, written: Reply | First) -> dict[str, str]:
    """What each file that goes with it is called, by its name in the file store."""
    uploaded = attachments.rows(tx, written.attachments)
    return {row.file: row.filename for row in uploaded} | {stored.file: item.filename for item, stored in written.files}


def write_first(tx: Transaction, actor: Actor, first: First, sending: Sending) -> tuple[int, int, bool]:
    """Write to somebody before they wrote to us; (entry, customer, whether it was stored before)."""
    to_whom = (first.customer, first.kind, first.address, first.endpoint)
    written = (first.text, first.html, first.subject, first.attachments)
    mark = fingerprint(*to_whom, *written, *_names(first.files))
    before = entry_of(tx, actor, first.client_key, mark)
    if before is not None:
        entry = tx.one(entries_sql.entry, entry_id=before)
        owner = tx.one(identities_sql.customer_of_conversation, conversation_id=entry.conversation_id)
        return before, identities.root(tx, owner.id).id, True
    customer_id, endpoint_id = _addressee(tx, first, sending.country)
    _check_text(first.text, len(first.attachments) + len(first.files))
    to = destinations.choose(tx, sending.channels, customer_id, endpoint_id, first.account)
    if not to.channel.capabilities.start:
        raise destinations.NotReachable("This channel can only answer, not write first.")
    _check_destination(tx, actor, customer_id, to, first)
    reply = Reply(
        customer=customer_id,
        base={},
        text=first.text,
        client_key=first.client_key,
        html=first.html,
        subject=first.subject,
        attachments=first.attachments,
        files=first.files,
    )
    entry_id = _store(tx, actor, to, reply, None, mark, {"first": True, "subject": first.subject})
    drafts.clear(tx, actor, None, "first")
    tx.announce("message.sent", by=actor.id, customer=customer_id)
    return entry_id, customer_id, False


def _addressee(tx: Transaction, first: First, country: str) -> tuple[int, int]:
    if first.endpoint is not None:
        endpoint = tx.first(identities_sql.endpoint, endpoint_id=first.endpoint)
        if endpoint is None:
            raise NotFound("There is no such endpoint.")
        identities.hold_still(tx, endpoint.customer_id)
        shown = identities.root(tx, endpoint.customer_id).id
        if first.customer is not None and identities.root(tx, identities.known(tx, first.customer)).id != shown:
            raise destinations.NotReachable("This address is not one of this customer's.")
        return shown, endpoint.id
    if not first.address:
        raise Invalid("Say to whom you write.")
    arrival = Arrival(kind=first.kind or "email", address=first.address, name=first.name)
    who = identities.arrive(tx, arrival, country)
    return who.customer_id, who.endpoint_id


class Replies:
    """What colleagues write: replies, first messages, forwards and notes."""

    def __init__(self, db: Database, channels: Mapping[str, Channel], snapshot: Snapshot, country: Any) -> None:
        self._db = db
        self._channels = channels
        self._snapshot = snapshot
        self._country = country

    def _sending(self) -> Sending:
        return Sending(self._channels, self._snapshot, self._country())

    async def send(self, actor: Actor, reply: Reply) -> tuple[int, bool]:
        """Accept a reply: stored and queued when this returns. The same key again changes nothing.

        Raises `Stale` with what was missed, `DestinationUnverified`, `ClientKeyReused`, `NotReachable`.
        """
        authorize(actor, "messages.write")
        return await self._db.unit(send, actor, reply, self._sending())

    async def write_first(self, actor: Actor, first: First) -> tuple[int, int, bool]:
        """Write to somebody who has not written; entry, customer, and whether it was there before."""
        authorize(actor, "messages.write")
        return await self._db.unit(write_first, actor, first, self._sending())

    async def forward(self, actor: Actor, entry_id: int, to: str, text: str, key: str) -> int:
        """Send an entry on to a third party by mail; the new entry's id."""
        authorize(actor, "messages.write")
        sending = self._sending()

        def unit(tx: Transaction) -> int:
            account = delivery.account_for(tx, "email", sending.channels)
            if account is None:
                raise destinations.NotReachable("Connect a mailbox first: forwarding goes by e-mail.")
            return forward(tx, actor, entry_id, to, text, key, account, sending.channels[account.channel])

        return await self._db.unit(unit)

    async def note(
        self,
        actor: Actor,
        customer_id: int,
        text: str,
        request_id: int | None = None,
        key: str | None = None,
        attachments: tuple[int, ...] = (),
    ) -> tuple[int, bool]:
        """Add a note, with files uploaded before; the entry and whether it was there before."""
        authorize(actor, "notes.write")
        return await self._db.unit(add_note, actor, customer_id, text, request_id, key, attachments)
