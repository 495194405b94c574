"""What a visitor sees: the messages of their own session, and what the hub may tell them of themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.addresses import masked
from hub.clock import to_text
from hub.database import Reading
from hub.errors import Invalid
from hub.keyring import Keyring
from hub.repositories import conversations as entries_sql
from hub.repositories import identities as identities_sql
from hub.repositories import requests as requests_sql

PAGE = 40
HOUR_MS = 3_600_000
FILE_LINK_HOURS = 13


class VisitorFile(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    filename: str
    content_type: str
    size: int
    image: bool
    url: str


class VisitorMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as its visitor sees it; `sender` is `from` in JSON."""

    id: str
    version: int
    at: str
    sender: str = msgspec.field(name="from")
    author: str
    text: str
    attachments: list[VisitorFile]
    state: str | None
    # The key with which this visitor's browser sent it, so that it knows its own again.
    key: str | None


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """What the widget knows about its visitor."""

    name: str
    email_hint: str
    identified: bool


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The newest messages of one visitor's own session."""

    endpoint_id: int | None
    conversation_id: int | None
    me: Me
    messages: list[VisitorMessage]
    more: bool


class VisitorScreen:
    """Reads what is shown to a visitor."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def window(self, rd: Reading, visitor: Any, before: str | None = None) -> Window:
        me = self.me(visitor)
        if visitor.endpoint_id is None:
            return Window(endpoint_id=None, conversation_id=None, me=me, messages=[], more=False)
        endpoint = rd.one(identities_sql.endpoint, endpoint_id=visitor.endpoint_id)
        conversation = rd.one(entries_sql.conversation_of_customer, customer_id=endpoint.customer_id)
        rows = rd.all(
            entries_sql.of_endpoint_newest,
            conversation_id=conversation.id,
            endpoint_id=endpoint.id,
            before=self.entry_of(before) if before else 1 << 62,
            limit=PAGE + 1,
        )
        messages = [self.message(rd, row.id) for row in reversed(rows[:PAGE])]
        return Window(
            endpoint_id=endpoint.id,
            conversation_id=conversation.id,
            me=me,
            messages=messages,
            more=len(rows) > PAGE,
        )

    def me(self, visitor: Any) -> Me:
        """What the browser may know: whom it speaks for, and where we write once it has gone."""
        email = visitor.email or msgspec.json.decode(visitor.identity).get("email", "")
        hint = masked("email", email) if email else ""
        return Me(name=visitor.name, email_hint=hint, identified=visitor.identity != "{}")

    def message(self, rd: Reading, entry_id: int) -> VisitorMessage:
        row = rd.one(entries_sql.entry, entry_id=entry_id)
        files = rd.all(entries_sql.attachments_of, entry_ids=[entry_id])
        ours = row.direction == "out"
        return VisitorMessage(
            id=self.id_of(entry_id),
            version=row.version,
            at=to_text(row.shown_at),
            sender="us" if ours else "visitor",
            # Visitors get a colleague's first name only.
            author=row.author_name.split()[0] if ours and row.author_name else "",
            text=row.text,
            attachments=[self.file(item, rd.now) for item in files],
            state=None if ours else self._state(rd, row),
            key=row.client_key if not ours else None,
        )

    def _state(self, rd: Reading, row: Any) -> str:
        """A visitor's own message is with us; read once a colleague has looked at its request."""
        request = rd.first(requests_sql.request, request_id=row.request_id) if row.request_id is not None else None
        return "read" if request is not None and not request.unread else "delivered"

    def file(self, row: Any, now: int) -> VisitorFile:
        """A stored file as its visitor sees it, with a signed link that works for some hours."""
        # Whole hours, so that the same file has the same address for a while.
        until = (now // HOUR_MS + FILE_LINK_HOURS) * HOUR_MS
        key = self._keyring.sign("file", str(row.id), until)
        return VisitorFile(
            id=str(row.id),
            filename=row.filename,
            content_type=row.content_type,
            size=row.size,
            image=row.image,
            url=f"/widget/attachments/{row.id}?key={key}",
        )

    # Visitors never see how many entries there are: their ids say nothing and cannot be counted up.

    def id_of(self, entry_id: int) -> str:
        return self._keyring.veil(entry_id)

    def entry_of(self, message_id: str) -> int:
        entry_id = self._keyring.unveil(message_id)
        if entry_id is None:
            raise Invalid("There is no such message.")
        return entry_id
