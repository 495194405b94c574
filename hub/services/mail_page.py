"""HTML mail as a page of its own, made safe to show, and what a message was like when it came: its raw bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from hub.database import Database, Reading, Transaction
from hub.errors import NotFound
from hub.files import Files
from hub.html import clean
from hub.repositories import conversations as sql
from hub.repositories import intake as intake_sql
from hub.security import Actor, authorize
from hub.services import audit


class NoPage(NotFound):
    """This message was not written as a page."""

    code = "no_page"


class NoOriginal(NotFound):
    """Nothing is kept of how this came."""

    code = "no_original"


class MailPage(msgspec.Struct, frozen=True, kw_only=True):
    """A mail's body, with nothing in it that runs or loads. `title` is what it is about, or who wrote it."""

    title: str
    body: str


class _Written(msgspec.Struct, frozen=True):
    title: str
    html: str
    pictures: dict[str, int]


# --- rules ---


def _written(rd: Reading, entry_id: int) -> _Written:
    entry = rd.first(sql.entry, entry_id=entry_id)
    html = rd.value(sql.body, entry_id=entry_id)
    if entry is None or html is None:
        raise NoPage
    files = rd.all(sql.attachments_of, entry_ids=[entry_id])
    pictures = {row.content_id: row.id for row in files if row.content_id and row.image}
    return _Written(entry.subject or entry.author_name, html, pictures)


def _original(tx: Transaction, actor: Actor, entry_id: int) -> Any:
    """The raw item behind an entry. Whoever looks is written down: it holds more than screens show."""
    entry = tx.first(sql.entry, entry_id=entry_id)
    if entry is None or not entry.unreadable:
        authorize(actor, "originals.read")
    row = tx.first(intake_sql.of_entry, entry_id=entry_id)
    if row is None:
        raise NoOriginal
    audit.record(tx, "original_read", f"entry:{entry_id}", by=actor)
    return row


# --- methods ---


class MailPages:
    """Shows mail as it was written."""

    def __init__(self, db: Database, files: Files) -> None:
        self._db = db
        self._files = files

    async def page(self, actor: Actor, entry_id: int, picture: Callable[[int], str], *, remote: bool) -> MailPage:
        """An entry's HTML, made safe. `picture` addresses an inline picture; `remote` lets in those from elsewhere.

        Raises `NoPage`.
        """
        authorize(actor, "conversations.read")
        written = await self._db.view(_written, entry_id)
        images = {name: picture(attachment_id) for name, attachment_id in written.pictures.items()}
        body = await asyncio.to_thread(clean, written.html, images, remote)
        return MailPage(title=written.title, body=body)

    async def original(self, actor: Actor, entry_id: int) -> bytes:
        """What came from outside, as it came: for supervisors, and for everybody where it could not be read."""
        authorize(actor, "conversations.read")
        row = await self._db.unit(_original, actor, entry_id)
        return bytes(row.body) if row.file is None else await self._files.get(row.file)
