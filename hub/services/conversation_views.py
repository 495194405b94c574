"""Conversations as programs read them: one conversation's entries by `seq`, and all that stands beside them."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.database import Database, Reading
from hub.errors import NotFound
from hub.repositories import conversations as entries_sql
from hub.repositories import customers as sql
from hub.repositories import identities as identities_sql
from hub.repositories import requests as requests_sql
from hub.security import Actor, authorize, may, may_see_entry
from hub.services import requests
from hub.services.customers import KnownCustomer, known
from hub.services.identities import group
from hub.services.snapshot import Snapshot
from hub.views import EntryView, HiddenEntry, RequestView


class NoSuchConversation(NotFound):
    """There is no such conversation."""

    code = "no_such_conversation"


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """One of the conversations that a customer's screen shows, and how far it goes."""

    conversation_id: int
    last_seq: int


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something the customer told us, and the entry that says so."""

    type: str
    value: str
    entry_seq: int


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """Something a colleague said we would do, and the entry that says so."""

    text: str
    due_at: str | None
    owner_id: int | None
    entry_seq: int


class KnownConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation with whose it is and what they told and were told. `joined` starts with itself."""

    id: int
    customer: KnownCustomer
    last_seq: int
    joined: list[Joined]
    requests: list[RequestView]
    facts: list[Fact]
    promises: list[Promise]


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries of one conversation in the order of `seq`; `next` None: these are the last."""

    entries: list[EntryView | HiddenEntry]
    last_seq: int
    next: int | None


# --- rules ---


def owner_of(rd: Reading, conversation_id: int) -> Any:
    """The row of the customer whose conversation this is; raises `NoSuchConversation`."""
    row = rd.first(identities_sql.customer_of_conversation, conversation_id=conversation_id)
    if row is None:
        raise NoSuchConversation
    return row


def conversation(rd: Reading, snapshot: Snapshot, conversation_id: int) -> KnownConversation:
    """One conversation, whole but for its entries."""
    owner = owner_of(rd, conversation_id)
    members = group(rd, owner.id)
    joined = [Joined(conversation_id=member.conversation_id, last_seq=member.last_seq) for member in members]
    rows = rd.all(requests_sql.of_conversations, conversation_ids=[one.conversation_id for one in joined])
    facts, promises = _told(rd, joined)
    return KnownConversation(
        id=conversation_id,
        customer=known(rd, snapshot, owner.id),
        last_seq=owner.last_seq,
        joined=joined,
        requests=snapshot.requests(rd, rows),
        facts=facts,
        promises=promises,
    )


def _told(rd: Reading, joined: list[Joined]) -> tuple[list[Fact], list[Promise]]:
    facts: list[Fact] = []
    promises: list[Promise] = []
    for one in joined:
        for row in rd.all(sql.told, conversation_id=one.conversation_id):
            details = msgspec.json.decode(row.details)
            facts += [
                Fact(type=name, value=value, entry_seq=row.seq) for name, value in details.get("facts", {}).items()
            ]
            if details.get("promise"):
                promises.append(
                    Promise(
                        text=details["promise"], due_at=details.get("due_at"), owner_id=row.author_id, entry_seq=row.seq
                    )
                )
    return facts, promises


def entries(rd: Reading, snapshot: Snapshot, actor: Actor, conversation_id: int, after: int, limit: int) -> Entries:
    """The entries after a `seq`; those that the reader has no right to are only said to be there."""
    last_seq = owner_of(rd, conversation_id).last_seq
    rows = rd.all(entries_sql.after_seq, conversation_id=conversation_id, seq=after, limit=limit)
    views = snapshot.entries(rd, rows)
    shown = [view if may_see_entry(actor, view.kind) else HiddenEntry(seq=view.seq) for view in views]
    end = rows[-1].seq if rows else last_seq
    return Entries(entries=shown, last_seq=last_seq, next=end if end < last_seq else None)


# --- methods ---


class Conversations:
    """Reads conversations, their entries and requests for the API."""

    def __init__(self, db: Database, snapshot: Snapshot) -> None:
        self._db = db
        self._snapshot = snapshot

    async def read(self, actor: Actor, conversation_id: int) -> KnownConversation:
        """One conversation and what stands beside it. Raises `NoSuchConversation`."""
        authorize(actor, "conversations.read")
        return await self._db.view(conversation, self._snapshot, conversation_id)

    async def entries(self, actor: Actor, conversation_id: int, *, after: int = 0, limit: int = 50) -> Entries:
        """Entries of this one conversation by `seq`. Who may only see requests gets most of them hidden."""
        if not may(actor, "conversations.read"):
            authorize(actor, "requests.read")
        return await self._db.view(entries, self._snapshot, actor, conversation_id, after, limit)

    async def owner(self, conversation_id: int) -> int:
        """The customer whose own conversation this is, for who writes into it. Raises `NoSuchConversation`."""
        row = await self._db.view(owner_of, conversation_id)
        return int(row.id)

    async def written(self, entry_id: int) -> EntryView:
        """An entry as it is now, for who just wrote it."""
        return await self._db.view(self._snapshot.entry, entry_id)

    async def request(self, actor: Actor, request_id: int) -> RequestView:
        """One request as it is now. Raises `NoSuchRequest`."""
        authorize(actor, "requests.read")

        def read(rd: Reading) -> RequestView:
            row = rd.first(requests_sql.request, request_id=request_id)
            if row is None:
                raise requests.NoSuchRequest
            return self._snapshot.requests(rd, [row])[0]

        return await self._db.view(read)
