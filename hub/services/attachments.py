"""Files that come and go with messages: stored under their content, shown inline only when they are safe pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from hub.database import Database, Reading, Transaction
from hub.errors import Invalid, NotFound
from hub.files import Files, Stored
from hub.ports.message import AttachmentIn
from hub.repositories import conversations as sql
from hub.security import Actor, authorize
from hub.services.conversations import add_attachment
from hub.services.shapes import attachment
from hub.views import AttachmentView

MAX_FILES = 20


class NoSuchAttachment(NotFound):
    """There is no such file."""

    code = "no_such_attachment"


def safe_name(filename: str) -> str:
    """A file's name without folders, control characters or direction marks; never empty, never used as a path."""
    base = filename.replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        c for c in base if c.isprintable() and c not in '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"'
    )
    return kept.strip(". ")[:200] or "file"


def uploaded(tx: Transaction, by: str, filename: str, content_type: str, stored: Stored) -> AttachmentView:
    """Note a file that waits for its message."""
    item = AttachmentIn(filename=safe_name(filename), content_type=stored.image_type or content_type, data=b"")
    attachment_id = add_attachment(
        tx, None, item, file=stored.file, size=stored.size, image=bool(stored.image_type), by=by
    )
    return attachment(tx.one(sql.attachment, attachment_id=attachment_id))


def attach(tx: Transaction, actor: Actor, entry_id: int, ids: tuple[int, ...]) -> None:
    """Give a colleague's uploaded files to their message."""
    attach_by(tx, f"agent:{actor.id}", entry_id, ids)


def attach_by(tx: Transaction, by: str, entry_id: int, ids: tuple[int, ...]) -> None:
    """Give the files uploaded by `by` to a message; a file of somebody else's, or one already sent, is refused."""
    if len(ids) > MAX_FILES:
        raise Invalid(f"A message may have at most {MAX_FILES} files.")
    for attachment_id in dict.fromkeys(ids):
        if not tx.run(sql.attach, attachment_id=attachment_id, uploaded_by=by, into_entry=entry_id):
            raise NoSuchAttachment


def attach_new(tx: Transaction, entry_id: int, files: Sequence[tuple[AttachmentIn, Stored]]) -> None:
    """Give a message the files that came with it."""
    if len(files) > MAX_FILES:
        raise Invalid(f"A message may have at most {MAX_FILES} files.")
    for item, stored in files:
        kept = msgspec.structs.replace(
            item, filename=safe_name(item.filename), content_type=stored.image_type or item.content_type
        )
        add_attachment(tx, entry_id, kept, file=stored.file, size=stored.size, image=bool(stored.image_type))


def rows(rd: Reading, ids: Sequence[int]) -> list[Any]:
    """The files of these ids that there are."""
    return [row for attachment_id in ids if (row := rd.first(sql.attachment, attachment_id=attachment_id)) is not None]


def attach_copies(tx: Transaction, entry_id: int, of_entry: int) -> None:
    """Give a message the files of another one; each is stored once."""
    for row in tx.all(sql.attachments_of, entry_ids=[of_entry]):
        item = AttachmentIn(filename=row.filename, content_type=row.content_type, data=b"")
        add_attachment(tx, entry_id, item, file=row.file, size=row.size, image=row.image)


def _row(rd: Reading, attachment_id: int) -> Any:
    row = rd.first(sql.attachment, attachment_id=attachment_id)
    if row is None:
        raise NoSuchAttachment
    return row


class Attachments:
    """Takes uploads and gives files back."""

    def __init__(self, db: Database, files: Files, largest: int) -> None:
        self._db = db
        self._files = files
        self.largest = largest

    async def upload(self, by: str, filename: str, content_type: str, chunks: AsyncIterator[bytes]) -> AttachmentView:
        """Store one streamed file for `by` ("agent:5", "visitor:7"). Raises `TooLarge`."""
        stored = await self._files.put_stream(chunks, self.largest)
        if not stored.size:
            raise Invalid("This file is empty.")
        return await self._db.unit(uploaded, by, filename, content_type, stored)

    async def get(self, actor: Actor, attachment_id: int) -> tuple[Any, AsyncIterator[bytes]]:
        """A file for a colleague: its row, and its bytes piece by piece."""
        authorize(actor, "conversations.read")
        return await self.get_signed(attachment_id)

    async def get_signed(self, attachment_id: int) -> tuple[Any, AsyncIterator[bytes]]:
        """A file for whoever holds a signed link to it; the caller has checked the signature."""
        row = await self._db.view(_row, attachment_id)
        return row, await self._files.open(row.file)
