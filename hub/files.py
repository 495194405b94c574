"""The file store: bytes under the name of their content, wherever they lie."""

from __future__ import annotations

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import IO

import msgspec

from hub.errors import NotFound, TooLarge, Unavailable

# What browsers show without risk; everything else is only ever offered for download.
_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
# What was stored so recently may be about to be named by a row; by the store's clock, since the hub's may be moved.
SETTLED_S = 86_400
# Folders that the names are spread over.
SHELVES = 256
# A file goes out in pieces of this size.
CHUNK = 256 * 1024


class NotStored(Unavailable):
    """No files can be stored just now. Nothing of this was; try again."""

    code = "not_stored"


class Stored(msgspec.Struct, frozen=True):
    """A file in the store; `image_type` is '' unless its first bytes are those of a safe image."""

    file: str
    size: int
    image_type: str


class Gone(NotFound):
    """This file is no longer here."""


def image_type(head: bytes) -> str:
    """The safe image type that these first bytes are, whatever the sender called them; '' for none."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _IMAGES if head.startswith(magic)), "")


def shelved(file: str) -> str:
    """Where a file stands in its store."""
    if len(file) != 64 or not all(c in "0123456789abcdef" for c in file):
        raise NotFound("This is not the name of a file.")
    return f"{file[:2]}/{file}"


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"A file may have at most {limit // 1_000_000} MB.", limit=limit)


async def written(chunks: AsyncIterator[bytes], limit: int, out: IO[bytes]) -> Stored:
    """Write a stream as it comes, and tell what it will be stored as; raises `TooLarge` beyond `limit` bytes."""
    digest, size, head = hashlib.sha256(), 0, b""
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        if len(head) < 16:
            head += chunk[:16]
        digest.update(chunk)
        await asyncio.to_thread(out.write, chunk)
    return Stored(digest.hexdigest(), size, image_type(head))


class Files(ABC):
    """Keeps files. A name is the SHA-256 of the bytes, so nothing a sender says becomes a path."""

    @abstractmethod
    async def put(self, body: bytes) -> Stored:
        """Store bytes; they are safe when this returns."""

    @abstractmethod
    async def put_stream(self, chunks: AsyncIterator[bytes], limit: int) -> Stored:
        """Store a stream chunk by chunk; raises `TooLarge` beyond `limit` bytes and keeps nothing then."""

    @abstractmethod
    async def get(self, file: str) -> bytes:
        """A file's bytes; raises `NotFound`."""

    @abstractmethod
    async def open(self, file: str) -> AsyncIterator[bytes]:
        """A file's bytes piece by piece; raises `NotFound` before the first."""

    @abstractmethod
    async def check(self) -> None:
        """Store a few bytes and take them away again; raises `OSError` or `HubError` where nothing can be stored."""

    @abstractmethod
    async def settled(self, shelf: int) -> list[str]:
        """The files of one folder that were last stored more than a day ago."""

    @abstractmethod
    async def drop(self, file: str) -> bool:
        """Delete a file that no row names, unless it was stored again within the last day; whether it went."""

    async def drop_unfinished(self) -> int:
        """Delete what a hub that was killed had begun to store; how many."""
        return 0
