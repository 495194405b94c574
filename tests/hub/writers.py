"""A process of its own that writes to a SQLite file until it is killed, or until its disk is full and free again."""

import asyncio
import resource
import signal
import sys
from pathlib import Path

from sqlalchemy import insert

from hub.clock import Clock
from hub.database import Busy, Statement, Transaction, bound
from hub.models import answers
from hub.sqlite import SqliteDatabase

AT_ONCE = 50
PADDING = "x" * 2000

ADD = Statement(insert(answers).values(bound(answers, "author", "key", "fingerprint", "answer", "at")))


def add(tx: Transaction, key: str) -> str:
    """One row that knows who was told about it."""
    tx.run(ADD, author="writer", key=key, fingerprint="", answer=PADDING, at=tx.now)
    return key


def say(word: str) -> None:
    print(word, flush=True)


async def write_for_ever(path: Path) -> None:
    """Says each key once it is acknowledged."""
    db = SqliteDatabase(path, Clock())
    await db.start()

    async def one_after_another(writer: int) -> None:
        for step in range(1_000_000):
            say(await db.unit(add, f"{writer}-{step}"))

    await asyncio.gather(*(one_after_another(writer) for writer in range(AT_ONCE)))


async def write_on_full_disk(path: Path, size: int) -> None:
    """The file may grow a little; then it is full in the middle of a group; then there is room again."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    db = SqliteDatabase(path, Clock())
    await db.start()

    async def attempt(key: str) -> None:
        try:
            say(await db.unit(add, key))
        except Busy:
            say(f"busy {key}")

    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 400_000, resource.RLIM_INFINITY))
    await asyncio.gather(*(attempt(f"full-{i}") for i in range(500)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await asyncio.gather(*(attempt(f"free-{i}") for i in range(20)))
    await db.stop()


if __name__ == "__main__":
    what, path = sys.argv[1], Path(sys.argv[2])
    asyncio.run(write_for_ever(path) if what == "for-ever" else write_on_full_disk(path, path.stat().st_size))
