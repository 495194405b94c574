"""The file store in a bucket of S3, or of anything that speaks as it does."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from hub.config import Settings
from hub.errors import Unavailable
from hub.files import CHUNK, SETTLED_S, Files, Gone, Stored, image_type, shelved, written

# Where what is to go waits for another day: whoever stores or names it meanwhile still finds it.
_ASIDE = "aside"


class FilesAway(Unavailable):
    """The store of files cannot be reached now. Try again."""

    code = "files_away"


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as problem:
        raise Gone from problem
    except (BaseError, OSError) as problem:
        raise FilesAway from problem


class S3Files(Files):
    """Keeps files under the keys that they would have as paths on a disk: one store can be copied into the other."""

    def __init__(self, store: S3Store, scratch: Path) -> None:
        self._store = store
        # Uploads wait here until their content, and with it their name, is known.
        self._scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True)

    @classmethod
    def of(cls, settings: Settings) -> S3Files:
        """The bucket that the settings name; what they leave out is looked for where Amazon's own tools look."""
        bucket, _, prefix = settings.files.removeprefix("s3://").partition("/")
        given = {
            "endpoint": settings.s3_endpoint,
            "region": settings.s3_region,
            "access_key_id": settings.s3_key_id,
            "secret_access_key": settings.s3_secret,
        }
        store = S3Store(
            bucket,
            prefix=prefix.strip("/") or None,
            client_options={
                "allow_http": settings.s3_endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(minutes=1),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
            **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
        )
        return cls(store, settings.data / "uploads")

    async def put(self, body: bytes) -> Stored:
        name = hashlib.sha256(body).hexdigest()
        with _reached():
            # Also when it is there: its day begins anew.
            await obstore.put_async(self._store, shelved(name), body)
        return Stored(name, len(body), image_type(body[:16]))

    async def put_stream(self, chunks: AsyncIterator[bytes], limit: int) -> Stored:
        with tempfile.TemporaryFile(dir=self._scratch) as waiting:
            stored = await written(chunks, limit, waiting)
            waiting.seek(0)
            with _reached():
                await obstore.put_async(self._store, shelved(stored.file), waiting)
        return stored

    async def get(self, file: str) -> bytes:
        with _reached():
            return bytes(await (await self._found(file)).bytes_async())

    async def open(self, file: str) -> AsyncIterator[bytes]:
        with _reached():
            return _pieces((await self._found(file)).stream(min_chunk_size=CHUNK))

    async def _found(self, file: str) -> Any:
        try:
            return await obstore.get_async(self._store, shelved(file))
        except FileNotFoundError:
            return await obstore.get_async(self._store, _aside(file))

    async def check(self) -> None:
        name = f"check-{secrets.token_hex(8)}"
        with _reached():
            await obstore.put_async(self._store, name, b"?")
            await obstore.delete_async(self._store, name)

    async def settled(self, shelf: int) -> list[str]:
        folder = f"{shelf:02x}"
        with _reached():
            return sorted({*await self._old(folder), *await self._old(f"{_ASIDE}/{folder}")})

    async def _old(self, folder: str) -> list[str]:
        listed = obstore.list(self._store, prefix=folder)
        return [item["path"].rpartition("/")[2] async for batch in listed for item in batch if _is_settled(item)]

    async def drop(self, file: str) -> bool:
        """It is put aside first, for a day: somebody may be storing it at this moment."""
        with _reached():
            if await self._is_old(shelved(file)):
                await obstore.copy_async(self._store, shelved(file), _aside(file))
                await obstore.delete_async(self._store, shelved(file))
                return True
            if await self._is_old(_aside(file)):
                await obstore.delete_async(self._store, _aside(file))
                return True
        return False

    async def _is_old(self, key: str) -> bool:
        try:
            return _is_settled(await obstore.head_async(self._store, key))
        except FileNotFoundError:
            return False


async def _pieces(stream: Any) -> AsyncIterator[bytes]:
    with _reached():
        async for piece in stream:
            yield bytes(piece)


def _aside(file: str) -> str:
    return f"{_ASIDE}/{shelved(file)}"


def _is_settled(item: Any) -> bool:
    last: datetime = item["last_modified"]
    return last < datetime.now(UTC) - timedelta(seconds=SETTLED_S)
