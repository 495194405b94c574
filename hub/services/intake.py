"""What arrives: raw bytes stored first, then read, then filed. Everything offered is accounted for."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from hub.clock import to_ms
from hub.database import Database, Transaction
from hub.errors import Conflict
from hub.files import Files, Stored
from hub.html import remote_images
from hub.keyring import Keyring
from hub.ports.channel import Capabilities
from hub.ports.message import AttachmentIn, InboundMessage
from hub.repositories import conversations as entries_sql
from hub.repositories import identities as identities_sql
from hub.repositories import intake as sql
from hub.services import identities, requests
from hub.services.conversations import NewEntry, add_attachment, append, link_outside_ids, preview
from hub.services.copies import file_first, first_of
from hub.services.identities import Who
from hub.services.request_matching import Clues, for_message, plain_subject
from hub.services.request_numbers import number_of
from hub.services.senders import Answered, Context, prove_by_answer, thread_of_stranger, what_it_answers, who_wrote

# Larger raw bodies go to the file store.
INLINE_BODY = 64 * 1024
COPY_WITHIN_MS = 7 * 86_400_000


class ExternalIdReused(Conflict):
    """This external_id was used before for another message. Nothing was stored."""

    code = "external_id_reused"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message was filed. `duplicate`: it had been filed before, and nothing was stored now."""

    entry_id: int
    customer_id: int
    conversation_id: int
    seq: int
    request: str | None
    duplicate: bool = False


Files_ = Sequence[tuple[AttachmentIn, Stored]]


async def bare_of(message: InboundMessage) -> InboundMessage:
    """The message as a unit files it: without its files, and with what a unit has no time to count, remote pictures."""
    if not message.html:
        return msgspec.structs.replace(message, attachments=())
    counted = {"remote_images": await asyncio.to_thread(remote_images, message.html)}
    return msgspec.structs.replace(message, attachments=(), details=message.details | counted)


def fingerprint(body: bytes) -> str:
    """What makes a second copy the same: its bytes."""
    return hashlib.sha256(body).hexdigest()


# --- filing one message ---


def take(
    tx: Transaction, context: Context, message: InboundMessage, files: Files_, *, received: int | None = None
) -> tuple[Taken, str]:
    """File a message: who, which request, the entry. Returns where, and what became of it (entry or duplicate)."""
    copy = _copy_of(tx, message)
    if copy is not None:
        return taken_before(tx, copy), "duplicate"
    answered = what_it_answers(tx, context, message)
    prove_by_answer(tx, context, message, answered)
    thread = thread_of_stranger(tx, context, message, answered)
    if thread is not None:
        return _file_participant(tx, context, message, files, thread, received), "entry"
    who = who_wrote(tx, context, message, answered)
    request = None if message.backfilled else _request(tx, who, message, answered)
    taken = _append(tx, context, message, files, who, request, received, answered.said_at)
    return taken, "entry"


def _copy_mark(message: InboundMessage) -> str | None:
    return f"{message.own_ids[0]}|{message.body_hash}" if message.own_ids and message.body_hash else None


def _copy_of(tx: Transaction, message: InboundMessage) -> int | None:
    """The entry that this same mail became when it reached another of our accounts."""
    mark = _copy_mark(message)
    return None if mark is None else first_of(tx, mark, COPY_WITHIN_MS)


def _request(tx: Transaction, who: Who, message: InboundMessage, answered: Answered) -> Any | None:
    members = () if who.alone else identities.group(tx, who.customer_id)
    conversation_ids = [member.conversation_id for member in members] or [who.conversation_id]
    clues = Clues(subject=message.subject, request_ids=answered.request_ids, text=message.text)
    found = for_message(tx, conversation_ids, clues)
    if found is not None or message.automatic:
        return found
    subject = plain_subject(message.subject) or preview(message.text)[:80]
    return requests.open_request(tx, who.conversation_id, subject=subject, hidden=who.kind != "person")


def _append(
    tx: Transaction,
    context: Context,
    message: InboundMessage,
    files: Files_,
    who: Who,
    request: Any | None,
    received: int | None,
    answers_at: int | None,
) -> Taken:
    entry = _entry(tx, context, message, received)
    entry.answers_at = answers_at
    entry.conversation_id = who.conversation_id
    entry.endpoint_id = who.endpoint_id
    entry.assurance = who.assurance
    entry.assurance_method = who.method or message.proof_method
    entry.request_id = request.id if request is not None else None
    appended = append(tx, entry)
    _finish(tx, message, files, appended.id)
    if request is not None:
        joined = requests.noticed if message.automatic else requests.heard
        joined(tx, request, appended.id, tx.now if received is None else received)
    tx.announce("message.received", customer=who.customer_id, conversation=who.conversation_id)
    return Taken(
        entry_id=appended.id,
        customer_id=who.customer_id,
        conversation_id=who.conversation_id,
        seq=appended.seq,
        request=number_of(request.id) if request is not None else None,
    )


def _file_participant(
    tx: Transaction, context: Context, message: InboundMessage, files: Files_, thread: Any, received: int | None
) -> Taken:
    """Somebody else wrote into a customer's thread: shown there as written by them, never sent its history."""
    identities.hold_still_at(tx, thread.conversation_id)
    entry = _entry(tx, context, message, received)
    entry.conversation_id = thread.conversation_id
    entry.author_kind = "participant"
    entry.author_name = message.sender.name or message.sender.address
    entry.assurance = "claimed"
    entry.request_id = thread.request_id
    entry.details = entry.details | {"from": message.sender.address, "quarantine": True}
    appended = append(tx, entry)
    _finish(tx, message, files, appended.id)
    if thread.request_id is not None:
        requests.heard(
            tx, requests.locked(tx, thread.request_id), appended.id, tx.now if received is None else received
        )
    owner = tx.one(identities_sql.customer_of_conversation, conversation_id=thread.conversation_id)
    tx.announce("message.received", conversation=thread.conversation_id)
    return Taken(
        entry_id=appended.id,
        customer_id=identities.root(tx, owner.id).id,
        conversation_id=thread.conversation_id,
        seq=appended.seq,
        request=number_of(thread.request_id) if thread.request_id is not None else None,
    )


def _entry(tx: Transaction, context: Context, message: InboundMessage, received: int | None) -> NewEntry:
    sent = to_ms(message.sent_at) if message.sent_at is not None else None
    details = dict(message.details)
    for name, value in (
        ("to", message.to),
        ("cc", message.cc),
        ("reply_to", message.reply_to),
        ("facts", message.facts),
    ):
        if value:
            details[name] = value
    return NewEntry(
        conversation_id=0,
        kind="message",
        direction="in",
        channel=context.channel,
        account_id=context.account_id,
        author_kind="customer",
        author_name=message.sender.name,
        subject=message.subject,
        text=message.text,
        html=message.html,
        remote_images=details.pop("remote_images", 0),
        quoted_from=message.quoted_from,
        provider_time=sent,
        received_time=received,
        automatic=message.automatic,
        backfilled=message.backfilled,
        order=message.order,
        details=details,
    )


def _finish(tx: Transaction, message: InboundMessage, files: Files_, entry_id: int) -> None:
    link_outside_ids(tx, entry_id, message.own_ids, message.thread_ids)
    mark = _copy_mark(message)
    if mark is not None:
        file_first(tx, mark, entry_id, COPY_WITHIN_MS)
    for item, stored in files:
        kind = stored.image_type or item.content_type
        kept = msgspec.structs.replace(item, content_type=kind)
        add_attachment(tx, entry_id, kept, file=stored.file, size=stored.size, image=bool(stored.image_type))


def taken_before(tx: Transaction, entry_id: int) -> Taken:
    """Where an entry stands that had been filed before."""
    entry = tx.one(entries_sql.entry, entry_id=entry_id)
    owner = tx.one(identities_sql.customer_of_conversation, conversation_id=entry.conversation_id)
    return Taken(
        entry_id=entry_id,
        customer_id=identities.root(tx, owner.id).id,
        conversation_id=entry.conversation_id,
        seq=entry.seq,
        request=number_of(entry.request_id) if entry.request_id is not None else None,
        duplicate=True,
    )


def take_now(
    tx: Transaction, context: Context, message: InboundMessage, files: Files_, body: bytes, body_file: str | None
) -> Taken:
    """Store the raw body and file the message in one unit, for callers who are answered with ids."""
    offered = Offered(message.external_id, body, body_file, message.backfilled)
    return once(tx, context, offered, lambda: take(tx, context, message, files))


class Offered(msgspec.Struct, frozen=True):
    """What came, raw: inline, or as the name of a stored file."""

    external_id: str
    body: bytes
    file: str | None = None
    backfilled: bool = False


def once(tx: Transaction, context: Context, offered: Offered, file_it: Callable[[], tuple[Taken, str]]) -> Taken:
    """Store what is offered and file it; the same (account, external_id) again is where it was filed before."""
    mark = fingerprint(offered.body)
    before = tx.first(sql.offered, account_id=context.account_id, external_id=offered.external_id)
    if before is not None:
        if before.fingerprint != mark:
            raise ExternalIdReused
        return taken_before(tx, before.entry_id)
    taken, state = file_it()
    tx.run(
        sql.filed,
        account_id=context.account_id,
        external_id=offered.external_id,
        received_at=tx.now,
        body=None if offered.file else offered.body,
        file=offered.file,
        headers="{}",
        fingerprint=mark,
        state=state,
        entry_id=taken.entry_id,
        backfilled=offered.backfilled,
    )
    return taken


class Intake:
    """Takes in messages whose callers wait for ids. What providers deliver raw goes through `services/reader`."""

    def __init__(
        self,
        db: Database,
        files: Files,
        keyring: Keyring,
        capabilities: Mapping[str, Capabilities],
        country: Callable[[], str],
    ) -> None:
        self._db = db
        self._files = files
        self._keyring = keyring
        self._capabilities = capabilities
        self._country = country

    def context(self, account: Any, *, answered_at_address: bool = False) -> Context:
        """What filing needs to know of an account row.

        `answered_at_address`: whatever the channel is bound to, the answer goes to the address given (a web form).
        """
        capabilities = self._capabilities[account.channel]
        if answered_at_address:
            capabilities = msgspec.structs.replace(capabilities, bound_to="address")
        return Context(
            account_id=account.id,
            account=account.name,
            channel=account.channel,
            capabilities=capabilities,
            country=self._country(),
            read_token=self._keyring.read_reply_token,
        )

    async def store_files(self, attachments: Sequence[AttachmentIn]) -> list[tuple[AttachmentIn, Stored]]:
        """Put a message's files on the disk before the unit that names them."""
        return [(msgspec.structs.replace(item, data=b""), await self._files.put(item.data)) for item in attachments]

    async def take(
        self, account: Any, message: InboundMessage, body: bytes, *, answered_at_address: bool = False
    ) -> Taken:
        """Store and file one message of an account; the same (account, external_id) again is the same message.

        Raises `ExternalIdReused` when its body differs from the first one's.
        """
        files = await self.store_files(message.attachments)
        body_file = (await self._files.put(body)).file if len(body) > INLINE_BODY else None
        bare = await bare_of(message)
        context = self.context(account, answered_at_address=answered_at_address)
        return await self._db.unit(take_now, context, bare, files, body, body_file)
