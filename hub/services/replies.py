"""Answers: refused when something was said in between, stored before they are sent, each to exactly one endpoint."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from hub.addresses import normalize
from hub.clock import to_ms
from hub.database import Database, Reading, Transaction
from hub.errors import Conflict, Invalid, NotFound
from hub.ports.channel import Channel
from hub.repositories import conversations as entries_sql
from hub.repositories import identities as identities_sql
from hub.repositories import requests as requests_sql
from hub.security import Actor, authorize
from hub.services import attachments, delivery, destinations, drafts, identities, requests
from hub.services.audit import record
from hub.services.conversations import NewEntry, append, preview
from hub.services.identities import Arrival
from hub.services.intake import Files_
from hub.services.request_matching import plain_subject
from hub.services.snapshot import Snapshot

MAX_TEXT = 100_000


class Stale(Conflict):
    """Something was said since you looked. Nothing was sent."""

    code = "stale"


class ClientKeyReused(Conflict):
    """This client_key was used before for another text. Nothing was sent."""

    code = "client_key_reused"


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


def fingerprint(*parts: Any) -> str:
    """What makes the same key the same call."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _names(files: Files_) -> list[str]:
    return [stored.file for _, stored in files]


def _again(tx: Transaction, actor: Actor, key: str, mark: str) -> int | None:
    """The entry that this key made before; raises when it was another text."""
    before = tx.first(entries_sql.by_key, author_kind="agent", author_id=actor.id, client_key=key)
    if before is None:
        return None
    if before.fingerprint != mark:
        raise ClientKeyReused
    return int(before.id)


# --- stale? ---


def missed(rd: Reading, actor: Actor, customer_id: int, base: dict[int, int], request: Any | None) -> list[int]:
    """Entries that the sender has not seen and must: what the customer or a colleague said, who now owns it."""
    members = identities.group(rd, customer_id)
    found: list[int] = []
    for member in members:
        if member.conversation_id in base:
            rows = rd.all(
                entries_sql.said_after, conversation_id=member.conversation_id, seq=base[member.conversation_id]
            )
        else:
            newest = _newest_seen(rd, members, base)
            rows = rd.all(entries_sql.said_since, conversation_id=member.conversation_id, entry_id=newest)
        found += [row.id for row in rows if not (row.author_kind == "agent" and row.author_id == actor.id)]
    if request is not None and request.owner_id not in (None, actor.id):
        found += _given_away(rd, actor, members, base, request)
    return sorted(dict.fromkeys(found))


def _newest_seen(rd: Reading, members: list[Any], base: dict[int, int]) -> int:
    seen = [
        rd.value(entries_sql.at_seq, conversation_id=member.conversation_id, seq=base[member.conversation_id])
        for member in members
        if member.conversation_id in base
    ]
    return max((entry_id for entry_id in seen if entry_id is not None), default=0)


def _given_away(rd: Reading, actor: Actor, members: list[Any], base: dict[int, int], request: Any) -> list[int]:
    row = rd.first(entries_sql.last_assignment, request_id=request.id)
    if row is None or row.author_id == actor.id:
        return []
    if row.conversation_id in base:
        return [row.id] if row.seq > base[row.conversation_id] else []
    return [row.id] if row.id > _newest_seen(rd, members, base) else []


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
    identities.hold_still(tx, _known(tx, reply.customer))
    before = _again(tx, actor, reply.client_key, mark)
    if before is not None:
        return before, True
    customer = identities.root(tx, reply.customer)
    request = _request_of(tx, customer.id, reply.request)
    unseen = missed(tx, actor, customer.id, reply.base, request)
    if unseen:
        raise Stale(missed=[msgspec.to_builtins(sending.snapshot.entry(tx, i)) for i in unseen[:50]])
    _check_text(reply.text, len(reply.attachments) + len(reply.files))
    to = destinations.choose(tx, sending.channels, customer.id, reply.endpoint, reply.account)
    said = f"{reply.subject}\n{reply.text}\n{reply.html}"
    _check_destination(tx, actor, customer.id, to, said, override=reply.override)
    details: dict[str, Any] = {}
    if reply.cc:
        details["cc"] = _copies(to, reply.cc)
    if reply.subject:
        details["subject"] = reply.subject
    entry_id = _store(tx, actor, to, reply, request, mark, details, sending)
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
    sending: Sending,
) -> int:
    if request is None:
        owner = tx.one(identities_sql.customer, customer_id=to.endpoint.customer_id)
        subject = reply.subject or preview(reply.text)[:80]
        request = requests.open_request(tx, owner.conversation_id, subject=subject, owner_id=actor.id)
    conversation = tx.one(entries_sql.conversation_of_customer, customer_id=to.endpoint.customer_id)
    entry = append(
        tx,
        NewEntry(
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
            request_id=request.id,
            client_key=reply.client_key,
            fingerprint=mark,
            details=_told(reply, details),
        ),
    )
    attachments.attach(tx, actor, entry.id, reply.attachments)
    attachments.attach_new(tx, entry.id, reply.files)
    delivery.enqueue(
        tx,
        entry.id,
        to.account.id,
        to.channel,
        to.endpoint.id,
        details,
        send_at=None if reply.send_at is None else to_ms(reply.send_at),
    )
    requests.answered(tx, request, entry.id, actor.id, resolve=reply.resolve)
    return entry.id


def _told(reply: Reply, details: dict[str, Any]) -> dict[str, Any]:
    """What the entry of a reply says beside its words."""
    copies = {"cc": details["cc"]} if "cc" in details else {}
    return copies | ({"resolves": True} if reply.resolve else {})


def _copies(to: destinations.Destination, addresses: tuple[str, ...]) -> list[str]:
    if not to.channel.capabilities.copies:
        raise Invalid("This channel sends no copies. Nothing was sent.")
    return list(dict.fromkeys(normalize("email", address) for address in addresses))


def _known(tx: Transaction, customer_id: int) -> int:
    if tx.first(identities_sql.customer, customer_id=customer_id) is None:
        raise NotFound("There is no such customer.")
    return customer_id


def _request_of(tx: Transaction, customer_id: int, request_id: int | None) -> Any | None:
    """The request named, else the open one last spoken of."""
    conversation_ids = [member.conversation_id for member in identities.group(tx, customer_id)]
    if request_id is None:
        known = tx.all(requests_sql.of_conversations, conversation_ids=conversation_ids)
        still = [row for row in known if row.status != "resolved"]
        return max(still, key=lambda row: (row.last_at, row.id), default=None)
    request = requests.locked(tx, request_id)
    if request.conversation_id not in conversation_ids:
        raise Invalid("This request is another customer's.")
    return request


def _check_text(text: str, files: int) -> None:
    if not text.strip() and not files:
        raise Invalid("There is nothing to send yet.")
    if len(text) > MAX_TEXT:
        raise Invalid(f"A message may have at most {MAX_TEXT} characters.")


def _check_destination(
    tx: Transaction, actor: Actor, customer_id: int, to: destinations.Destination, text: str, *, override: bool
) -> None:
    found = destinations.check(tx, customer_id, to.endpoint, text)
    if not found:
        return
    if not override:
        raise destinations.DestinationUnverified(found=found)
    authorize(actor, "destination.override")
    record(tx, "destination_overridden", f"endpoint:{to.endpoint.id}", by=actor)


def write_first(tx: Transaction, actor: Actor, first: First, sending: Sending) -> tuple[int, int, bool]:
    """Write to somebody before they wrote to us; (entry, customer, whether it was stored before)."""
    mark = fingerprint(first.customer, first.kind, first.address, first.endpoint, first.text, *_names(first.files))
    before = _again(tx, actor, first.client_key, mark)
    if before is not None:
        entry = tx.one(entries_sql.entry, entry_id=before)
        owner = tx.one(identities_sql.customer_of_conversation, conversation_id=entry.conversation_id)
        return before, identities.root(tx, owner.id).id, True
    customer_id, endpoint_id = _addressee(tx, first, sending.country)
    _check_text(first.text, len(first.attachments) + len(first.files))
    to = destinations.choose(tx, sending.channels, customer_id, endpoint_id, first.account)
    if not to.channel.capabilities.start:
        raise destinations.NotReachable("This channel can only answer, not write first.")
    _check_destination(tx, actor, customer_id, to, first.text, override=first.override)
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
    entry_id = _store(tx, actor, to, reply, None, mark, {"first": True, "subject": first.subject}, sending)
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
        if first.customer is not None and identities.root(tx, _known(tx, first.customer)).id != shown:
            raise destinations.NotReachable("This address is not one of this customer's.")
        return shown, endpoint.id
    if not first.address:
        raise Invalid("Say to whom you write.")
    arrival = Arrival(kind=first.kind or "email", address=first.address, name=first.name)
    who = identities.arrive(tx, arrival, country)
    return who.customer_id, who.endpoint_id


def forward(
    tx: Transaction, actor: Actor, entry_id: int, to: str, text: str, key: str, sending: Sending, account: Any
) -> int:
    """Send a message on to a third party. It names them as the one it goes to; they become no customer by it."""
    mark = fingerprint(entry_id, to, text)
    before = _again(tx, actor, key, mark)
    if before is not None:
        return before
    original = tx.first(entries_sql.entry, entry_id=entry_id)
    if original is None:
        raise NotFound("There is no such entry.")
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
    details = {"to": address, "to_kind": "email", "forwarded": entry_id, "first": True}
    delivery.enqueue(tx, entry.id, account.id, sending.channels[account.channel], None, details)
    if original.request_id is not None:
        requests.noticed(tx, requests.locked(tx, original.request_id), entry.id, tx.now)
    tx.announce("message.forwarded", by=actor.id, conversation=original.conversation_id)
    return entry.id


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
    identities.hold_still(tx, _known(tx, customer_id))
    if key is not None:
        before = _again(tx, actor, key, mark)
        if before is not None:
            return before, True
    customer = identities.root(tx, customer_id)
    request = _request_of(tx, customer.id, request_id)
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
            return forward(tx, actor, entry_id, to, text, key, sending, account)

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
