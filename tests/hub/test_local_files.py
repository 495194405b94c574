"""Files lie under the name of their content, and go only when they were not stored again meanwhile."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.errors import NotFound
from hub.files import CHUNK, SETTLED_S, SHELVES, Files, Gone
from hub.local_files import LocalFiles


@pytest.fixture(name="files")
def make_files(tmp_path: Path) -> LocalFiles:
    return LocalFiles(tmp_path / "files")


def age(path: Path, seconds: float = SETTLED_S + 60) -> None:
    """As if it had been stored so long ago."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


async def settled(files: Files) -> list[str]:
    return [file for shelf in range(SHELVES) for file in await files.settled(shelf)]


async def test_only_what_was_stored_long_ago_is_settled(files: LocalFiles) -> None:
    old, _ = await files.put(b"old"), await files.put(b"new")
    age(files.path(old.file))

    assert await settled(files) == [old.file]


@pytest.mark.parametrize("body", [b"a word", b"x" * 20_000])
async def test_all_of_a_file_is_there_when_it_is_synced(
    files: LocalFiles, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    synced: list[int] = []
    sync = os.fsync

    def noted(handle: int) -> None:
        sync(handle)
        if stat.S_ISREG(os.fstat(handle).st_mode):
            synced.append(os.fstat(handle).st_size)

    async def pieces() -> AsyncIterator[bytes]:
        yield body
        yield b"and its end"

    monkeypatch.setattr(os, "fsync", noted)
    await files.put(body)
    await files.put_stream(pieces(), CHUNK)

    assert synced == [len(body), len(body) + len(b"and its end")]


async def test_a_settled_file_goes(files: LocalFiles) -> None:
    stored = await files.put(b"old")
    age(files.path(stored.file))

    assert await files.drop(stored.file)
    with pytest.raises(NotFound):
        files.path(stored.file)


async def test_what_is_stored_again_stays(files: LocalFiles) -> None:
    stored = await files.put(b"both")
    age(files.path(stored.file))
    await files.put(b"both")

    assert await settled(files) == []
    assert not await files.drop(stored.file)
    assert await files.get(stored.file) == b"both"


async def test_what_is_stored_while_it_is_dropped_is_there(files: LocalFiles) -> None:
    for turn in range(50):
        stored = await files.put(b"%d" % turn)
        age(files.path(stored.file))

        await asyncio.gather(*(files.put(b"%d" % turn) for _ in range(3)), files.drop(stored.file))

        assert await files.get(stored.file) == b"%d" % turn


async def test_what_is_gone_is_not_dropped_twice(files: LocalFiles) -> None:
    assert not await files.drop("a" * 64)


async def test_what_was_stored_by_halves_goes_after_a_day(files: LocalFiles, tmp_path: Path) -> None:
    old, new = tmp_path / "files" / "upload-a", tmp_path / "files" / "put-b"
    for place in (old, new):
        place.write_bytes(b"half")
    age(old)

    assert await files.drop_unfinished() == 1
    assert (old.exists(), new.exists()) == (False, True)


async def test_a_file_goes_out_in_pieces_and_what_is_gone_is_told_before_the_first(files: LocalFiles) -> None:
    body = bytes(range(256)) * 4096
    stored = await files.put(body)

    pieces = [piece async for piece in await files.open(stored.file)]

    assert max(map(len, pieces)) == CHUNK < len(body)
    assert b"".join(pieces) == body
    with pytest.raises(Gone):
        await files.open("a" * 64)
