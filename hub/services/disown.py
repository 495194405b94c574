"""“This was not me”: the owner of an address undoes what somebody typed into a chat, and what it joined."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.addresses import masked, same_or_none
from hub.database import Database, Reading, Transaction
from hub.errors import HubError
from hub.keyring import Keyring
from hub.repositories import conversations as entries_sql
from hub.repositories import deliveries as deliveries_sql
from hub.repositories import identities as identities_sql
from hub.repositories import intake as intake_sql
from hub.repositories import visitors as visitors_sql
from hub.services import audit, delivery, identities, parting, visitor_identity
from hub.services.conversations import NewEntry, append
from hub.services.copies import file_first, first_of


class LinkOver(HubError):
    """This link no longer works."""

    status = 410
    code = "link_over"


class Disowning(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever opens the link is told: the address, as far as its owner needs it, and whether it is done."""

    address: str
    done: bool


class _Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A chat that went on by mail: its session's endpoint, what that customer said of the address, where we wrote."""

    session: Any
    said: list[Any]
    mailed: Any
    entry_id: int

    @property
    def mark(self) -> str:
        return f"disowned|{self.session.id}|{self.said[0].id}"


# --- rules ---


def chat_of(rd: Reading, delivery_id: int) -> _Chat:
    """The chat that a delivery continues by mail; raises `LinkOver` when nothing of it is left."""
    mail = rd.first(deliveries_sql.delivery, delivery_id=delivery_id)
    origin = _origin(rd, mail) if mail is not None else None
    if mail is None or origin is None or mail.endpoint_id is None or origin.endpoint_id is None:
        raise LinkOver
    session = rd.one(identities_sql.endpoint, endpoint_id=origin.endpoint_id)
    mailed = rd.one(identities_sql.endpoint, endpoint_id=mail.endpoint_id)
    known = rd.all(identities_sql.endpoints_of, customer_ids=[session.customer_id])
    said = [row for row in known if (row.kind, row.address) == (mailed.kind, mailed.address)]
    if not said:
        raise LinkOver
    return _Chat(session=session, said=said, mailed=mailed, entry_id=mail.entry_id)


def _origin(rd: Reading, mail: Any) -> Any | None:
    """The chat's own delivery, before it was mailed, however often that was tried."""
    found = mail
    while found is not None and msgspec.json.decode(found.details).get("after_chat"):
        found = rd.first(deliveries_sql.delivery, delivery_id=found.follows_id) if found.follows_id else None
    return found


def disown(tx: Transaction, delivery_id: int) -> None:
    """The owner of the address that this was mailed to is not who wrote the chat. Done once, however often asked."""
    chat = chat_of(tx, delivery_id)
    if identities.hold_still(tx, chat.session.customer_id, chat.mailed.customer_id):
        chat = chat_of(tx, delivery_id)
    if first_of(tx, chat.mark) is not None:
        return
    # Where the shop itself says who sits there, only a colleague can tell who is right.
    if not _is_vouched_for(tx, chat):
        _stop(tx, chat)
        _part(tx, chat)
        for endpoint in chat.said:
            parting.withdraw(tx, endpoint)
        _forget_address(tx, chat)
    file_first(tx, chat.mark, _tell(tx, chat))


def _is_vouched_for(tx: Transaction, chat: _Chat) -> bool:
    for visitor in tx.all(visitors_sql.of_endpoint, endpoint_id=chat.session.id):
        identity = visitor_identity.identity_of(visitor)
        if identity is not None and same_or_none("email", identity.email) == chat.mailed.address:
            return True
    return False


def _stop(tx: Transaction, chat: _Chat) -> None:
    """What still waits to be mailed from this chat is not."""
    endpoint_ids = list({chat.mailed.id, *(row.id for row in chat.said)})
    for waiting in tx.all(deliveries_sql.waiting_to, endpoint_ids=endpoint_ids):
        origin = _origin(tx, waiting)
        if origin is not None and origin.id != waiting.id and origin.endpoint_id == chat.session.id:
            delivery.change(tx, waiting, "delivery.cancelled", state="cancelled", next_try_at=None, undo_until=None)


def _part(tx: Transaction, chat: _Chat) -> None:
    """Undo the join that an answer from the address brought about; not what a colleague or the shop joined."""
    reason = f"proved {chat.mailed.kind} by {identities.BY_ANSWER}"
    customer = tx.one(identities_sql.customer, customer_id=chat.session.customer_id)
    while customer.merged_into is not None:
        merged = tx.first(identities_sql.open_merge, customer_id=customer.id)
        if merged is not None and merged.agent_id is None and merged.reason == reason:
            parting.unmerge(tx, merged)
            parting.keep_apart(tx, merged.customer_id, merged.into_id, [f"{chat.mailed.shown} said “not me”"])
            return
        customer = tx.one(identities_sql.customer, customer_id=customer.merged_into)


def _forget_address(tx: Transaction, chat: _Chat) -> None:
    for visitor in tx.all(visitors_sql.of_endpoint, endpoint_id=chat.session.id):
        if same_or_none("email", visitor.email) == chat.mailed.address:
            visitor_identity.forget_email(tx, visitor)


def _tell(tx: Transaction, chat: _Chat) -> int:
    """Colleagues read it where the chat stands; the audit trail keeps it. The entry that says so."""
    owner = tx.one(identities_sql.customer, customer_id=chat.session.customer_id)
    entry = append(
        tx,
        NewEntry(
            conversation_id=owner.conversation_id,
            kind="note",
            author_kind="system",
            author_name="Onethread",
            text=f"The owner of {chat.mailed.shown} says that somebody else wrote this chat.",
            request_id=tx.one(entries_sql.entry, entry_id=chat.entry_id).request_id,
        ),
    )
    audit.record(tx, "address_disowned", f"customer:{owner.id}", endpoint=chat.mailed.id)
    tx.announce("address.disowned", customer=identities.root(tx, owner.id).id, conversation=owner.conversation_id)
    return entry.id


def _told(rd: Reading, delivery_id: int) -> Disowning:
    chat = chat_of(rd, delivery_id)
    done = rd.first(intake_sql.known_copy, fingerprint=chat.mark) is not None
    return Disowning(address=masked(chat.mailed.kind, chat.mailed.address), done=done)


# --- methods ---


class Disownings:
    """What the page behind the link in our mail does. Each method raises `LinkOver` for a link that means nothing."""

    def __init__(self, db: Database, keyring: Keyring) -> None:
        self._db = db
        self._keyring = keyring

    async def about(self, token: str) -> Disowning:
        """What the link is about; opening it changes nothing, for programs open links too."""
        return await self._db.view(_told, self._delivery(token))

    async def disown(self, token: str) -> None:
        """Undo it."""
        await self._db.unit(disown, self._delivery(token))

    def _delivery(self, token: str) -> int:
        value = self._keyring.verify("disown", token, self._db.clock.now())
        if value is None:
            raise LinkOver
        return int(value)
