"""The file store: bytes under the name of their content, on the local disk of the data folder."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import logging
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec

from hub.errors import NotFound, TooLarge, Unavailable

logger = logging.getLogger(__name__)

# What browsers show without risk; everything else is only ever offered for download.
_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


# The disk is full, failing or not to be written; or too many files are open.
_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}


class NotStored(Unavailable):
    """The disk takes no files just now. Nothing of this was stored; try again."""

    code = "not_stored"


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """What the disk refuses is `NotStored`."""
    try:
        yield
    except OSError as problem:
        if problem.errno not in _PASSING:
            raise
        logger.warning("A file could not be stored: %s", problem.strerror, extra={"action": "file_not_stored"})
        raise NotStored from problem


class Stored(msgspec.Struct, frozen=True):
    """A file in the store; `image_type` is '' unless its first bytes are those of a safe image."""

    file: str
    size: int
    image_type: str


def image_type(head: bytes) -> str:
    """The safe image type that these first bytes are, whatever the sender called them; '' for none."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _IMAGES if head.startswith(magic)), "")


# What was stored so recently may be about to be named by a row; by the disk's clock, since the hub's may be moved.
SETTLED_S = 86_400
# Folders that the names are spread over.
SHELVES = 256
PIECE = 256 * 1024
_UNFINISHED = ("put-", "upload-", "drop-")


class Files:
    """Keeps files under `folder`. A name is the SHA-256 of the bytes, so nothing a sender says becomes a path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def put(self, body: bytes) -> Stored:
        """Store bytes; they are on the disk when this returns."""
        with _refusing():
            return await asyncio.to_thread(self._put, body)

    async def put_stream(self, chunks: AsyncIterator[bytes], limit: int) -> Stored:
        """Store a stream chunk by chunk; raises `TooLarge` beyond `limit` bytes and keeps nothing then."""
        with _refusing():
            return await self._put_stream(chunks, limit)

    async def _put_stream(self, chunks: AsyncIterator[bytes], limit: int) -> Stored:
        handle, path = tempfile.mkstemp(dir=self._folder, prefix="upload-")
        digest, size, head = hashlib.sha256(), 0, b""
        try:
            with os.fdopen(handle, "wb") as out:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge(f"A file may have at most {limit // 1_000_000} MB.", limit=limit)
                    if len(head) < 16:
                        head += chunk[:16]
                    digest.update(chunk)
                    await asyncio.to_thread(out.write, chunk)
                await asyncio.to_thread(_sync, out.fileno())
            await asyncio.to_thread(self._adopt, path, digest.hexdigest())
        finally:
            await asyncio.to_thread(Path(path).unlink, missing_ok=True)
        return Stored(digest.hexdigest(), size, image_type(head))

    async def get(self, file: str) -> bytes:
        return await asyncio.to_thread(self.path(file).read_bytes)

    async def stream(self, file: str) -> AsyncIterator[bytes]:
        """The same in pieces: whoever reads it slowly holds one of them."""
        place = self.path(file)

        async def pieces() -> AsyncIterator[bytes]:
            with await asyncio.to_thread(place.open, "rb") as source:
                while piece := await asyncio.to_thread(source.read, PIECE):
                    yield piece

        return pieces()

    def path(self, file: str) -> Path:
        """Where a stored file lies."""
        place = self._place(file)
        if not place.is_file():
            raise NotFound("This file is no longer here.")
        return place

    async def check(self) -> None:
        """Store a few bytes and take them away again; raises `OSError` where nothing can be stored."""
        await asyncio.to_thread(self._check)

    async def settled(self, shelf: int) -> list[str]:
        """The files of one folder that were last stored more than a day ago."""
        return await asyncio.to_thread(self._settled, shelf)

    async def drop(self, file: str) -> bool:
        """Delete a file that no row names, unless it was stored again within the last day; whether it went."""
        return await asyncio.to_thread(self._drop, file)

    async def drop_unfinished(self) -> int:
        """Delete what a hub that was killed had begun to store; how many."""
        return await asyncio.to_thread(self._drop_unfinished)

    def _check(self) -> None:
        with tempfile.TemporaryFile(dir=self._folder, prefix="put-") as out:
            out.write(b"?")
            out.flush()
            _sync(out.fileno())

    def _settled(self, shelf: int) -> list[str]:
        folder = self._folder / f"{shelf:02x}"
        if not folder.is_dir():
            return []
        return sorted(place.name for place in folder.iterdir() if _is_settled(place))

    def _drop(self, file: str) -> bool:
        place, aside = self._place(file), self._folder / f"drop-{file}"
        if not _is_settled(place):
            return False
        # Whoever stores it at this moment either renews it here, or finds it gone and writes it anew.
        os.replace(place, aside)
        if not _is_settled(aside):
            os.replace(aside, place)
            return False
        aside.unlink()
        return True

    def _drop_unfinished(self) -> int:
        left = [place for place in self._folder.iterdir() if place.name.startswith(_UNFINISHED) and _is_settled(place)]
        for place in left:
            place.unlink(missing_ok=True)
        return len(left)

    def _place(self, file: str) -> Path:
        if len(file) != 64 or not all(c in "0123456789abcdef" for c in file):
            raise NotFound("This is not the name of a file.")
        return self._folder / file[:2] / file

    def _put(self, body: bytes) -> Stored:
        name = hashlib.sha256(body).hexdigest()
        if not _renew(self._place(name)):
            handle, path = tempfile.mkstemp(dir=self._folder, prefix="put-")
            try:
                with os.fdopen(handle, "wb") as out:
                    out.write(body)
                    _sync(out.fileno())
                self._adopt(path, name)
            except OSError:
                # On a full disk what was begun is the first to go.
                Path(path).unlink(missing_ok=True)
                raise
        return Stored(name, len(body), image_type(body[:16]))

    def _adopt(self, path: str, name: str) -> None:
        place = self._place(name)
        place.parent.mkdir(exist_ok=True)
        os.replace(path, place)
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _renew(place: Path) -> bool:
    """Say that a file was stored again; whether it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.utime(place)
        return True
    return False


def _is_settled(place: Path) -> bool:
    try:
        return place.stat().st_mtime < time.time() - SETTLED_S
    except FileNotFoundError:
        return False


def _sync(handle: int) -> None:
    os.fsync(handle)
