"""Files in a bucket: as on a disk, and what goes is put aside for a day first."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub import s3_files
from hub.config import Settings
from hub.errors import NotFound, TooLarge
from hub.files import CHUNK, Files, Gone
from hub.s3_files import FilesAway, S3Files
from tests.parts.process import free_port
from tests.parts.s3 import Bucket

PICTURE = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture(name="files")
def open_bucket(bucket: Bucket, tmp_path: Path) -> S3Files:
    return store_of(bucket.settings, tmp_path)


def store_of(settings: dict[str, str], folder: Path) -> S3Files:
    return S3Files.of(Settings(data=folder, **settings))  # type: ignore[arg-type]


@pytest.fixture(name="days_later")
def age_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all had been stored long ago."""
    monkeypatch.setattr(s3_files, "SETTLED_S", -60)


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


async def settled(files: Files, file: str) -> bool:
    return file in await files.settled(int(file[:2], 16))


async def test_what_is_stored_is_there_under_the_name_of_its_content(files: S3Files) -> None:
    stored = await files.put(PICTURE)

    assert (stored.file, stored.image_type) == (hashlib.sha256(PICTURE).hexdigest(), "image/png")
    assert await files.get(stored.file) == PICTURE
    assert await files.put(PICTURE) == stored


async def test_a_large_upload_is_stored_as_it_comes_and_goes_out_in_pieces(files: S3Files) -> None:
    body = bytes(range(256)) * 40_000
    stored = await files.put_stream(in_pieces(body), len(body))

    pieces = [piece async for piece in await files.open(stored.file)]

    assert stored == await files.put(body)
    assert len(pieces) > 2
    assert max(map(len, pieces)) < 8 * CHUNK
    assert b"".join(pieces) == body


async def test_an_upload_that_is_too_large_leaves_nothing(files: S3Files, tmp_path: Path) -> None:
    body = b"x" * 500_000

    with pytest.raises(TooLarge):
        await files.put_stream(in_pieces(body), 400_000)

    assert list((tmp_path / "uploads").iterdir()) == []
    with pytest.raises(Gone):
        await files.get(hashlib.sha256(body[:400_000]).hexdigest())


async def test_what_is_not_there_is_not_found_before_the_first_piece(files: S3Files) -> None:
    for file in ("a" * 64, "../../etc/passwd"):
        with pytest.raises(NotFound):
            await files.open(file)
        with pytest.raises(NotFound):
            await files.get(file)


async def test_what_was_stored_today_stays(files: S3Files) -> None:
    stored = await files.put(b"new")

    assert not await settled(files, stored.file)
    assert not await files.drop(stored.file)
    assert await files.get(stored.file) == b"new"


async def test_a_settled_file_is_put_aside_first_and_then_goes(files: S3Files, days_later: None) -> None:
    stored = await files.put(b"old")
    assert await settled(files, stored.file)

    assert await files.drop(stored.file)
    assert await files.get(stored.file) == b"old"
    assert await settled(files, stored.file)

    assert await files.drop(stored.file)
    assert not await files.drop(stored.file)
    with pytest.raises(Gone):
        await files.get(stored.file)


async def test_what_is_stored_while_it_is_dropped_is_there(files: S3Files, days_later: None) -> None:
    for turn in range(10):
        stored = await files.put(b"%d" % turn)

        await asyncio.gather(*(files.put(b"%d" % turn) for _ in range(3)), files.drop(stored.file))

        assert await files.get(stored.file) == b"%d" % turn


async def test_a_store_that_is_not_reached_is_tried_again_later(tmp_path: Path) -> None:
    files = store_of(Bucket(f"http://127.0.0.1:{free_port()}").settings, tmp_path)

    with pytest.raises(FilesAway):
        await files.put(b"x")
    with pytest.raises(FilesAway):
        await files.get("a" * 64)
