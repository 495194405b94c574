"""The file store on a disk: in the data folder, or in a folder that all nodes share."""

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
from typing import IO, BinaryIO

from hub.files import CHUNK, SETTLED_S, Files, Gone, NotStored, Stored, image_type, shelved, written

logger = logging.getLogger(__name__)

# The disk is full, failing or not to be written; or too many files are open.
_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
_UNFINISHED = ("put-", "upload-", "drop-")


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


class LocalFiles(Files):
    """Keeps files under `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def put(self, body: bytes) -> Stored:
        with _refusing():
            return await asyncio.to_thread(self._put, body)

    async def put_stream(self, chunks: AsyncIterator[bytes], limit: int) -> Stored:
        with _refusing():
            return await self._put_stream(chunks, limit)

    async def _put_stream(self, chunks: AsyncIterator[bytes], limit: int) -> Stored:
        handle, path = tempfile.mkstemp(dir=self._folder, prefix="upload-")
        try:
            with os.fdopen(handle, "wb") as out:
                stored = await written(chunks, limit, out)
                await asyncio.to_thread(_sync, out)
            await asyncio.to_thread(self._adopt, path, stored.file)
        finally:
            await asyncio.to_thread(Path(path).unlink, missing_ok=True)
        return stored

    async def get(self, file: str) -> bytes:
        return await asyncio.to_thread(self.path(file).read_bytes)

    async def open(self, file: str) -> AsyncIterator[bytes]:
        return _pieces(await asyncio.to_thread(self.path(file).open, "rb"))

    def path(self, file: str) -> Path:
        """Where a stored file lies."""
        place = self._place(file)
        if not place.is_file():
            raise Gone
        return place

    async def check(self) -> None:
        await asyncio.to_thread(self._check)

    async def settled(self, shelf: int) -> list[str]:
        return await asyncio.to_thread(self._settled, shelf)

    async def drop(self, file: str) -> bool:
        return await asyncio.to_thread(self._drop, file)

    async def drop_unfinished(self) -> int:
        return await asyncio.to_thread(self._drop_unfinished)

    def _check(self) -> None:
        with tempfile.TemporaryFile(dir=self._folder, prefix="put-") as out:
            out.write(b"?")
            _sync(out)

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
        return self._folder / shelved(file)

    def _put(self, body: bytes) -> Stored:
        name = hashlib.sha256(body).hexdigest()
        if not _renew(self._place(name)):
            handle, path = tempfile.mkstemp(dir=self._folder, prefix="put-")
            try:
                with os.fdopen(handle, "wb") as out:
                    out.write(body)
                    _sync(out)
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


async def _pieces(opened: BinaryIO) -> AsyncIterator[bytes]:
    with opened:
        while piece := await asyncio.to_thread(opened.read, CHUNK):
            yield piece


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


def _sync(out: IO[bytes]) -> None:
    """All that was written is on the disk: what still waits in memory is no part of what the kernel can sync."""
    out.flush()
    os.fsync(out.fileno())
