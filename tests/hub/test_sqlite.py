"""The embedded database: acknowledged is stored and refused is not, whatever the disk does and whoever kills us."""

import asyncio
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from hub.bounds import Overloaded
from hub.clock import Clock
from hub.database import Busy, Reading, Statement, Transaction, bound
from hub.limits import Limits
from hub.models import answers
from hub.sqlite import SqliteDatabase, connect
from tests.parts.databases import started

KEYS = Statement(select(answers.c.key).order_by(answers.c.key))
ADD = Statement(insert(answers).values(bound(answers, "author", "key", "fingerprint", "answer", "at")))


def add(tx: Transaction, key: str, answer: str = "") -> str:
    tx.run(ADD, author="test", key=key, fingerprint="", answer=answer, at=tx.now)
    return key


def keys(rd: Reading) -> list[str]:
    return [row.key for row in rd.all(KEYS)]


@pytest.fixture(name="path")
def copy_template(sqlite_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(sqlite_template, tmp_path / "onethread.db"))


@pytest.fixture(name="sqlite")
async def open_sqlite(path: Path, clock: Clock) -> AsyncIterator[SqliteDatabase]:
    async with started(SqliteDatabase(path, clock)) as db:
        assert isinstance(db, SqliteDatabase)
        yield db


def test_what_a_group_writes_goes_to_the_disk_once_however_large(path: Path) -> None:
    with closing(connect(path)) as db:
        log = Path(f"{path}-wal")
        db.execute("BEGIN IMMEDIATE")
        before = log.stat().st_size
        for number in range(2000):
            db.execute("SAVEPOINT unit")
            db.execute("INSERT INTO settings (key, value) VALUES (?, ?)", (f"key{number}", "x" * 4000))
            db.execute("RELEASE unit")

        # What does not fit into the writer's cache would be written now, and once more at the end.
        assert log.stat().st_size == before
        db.execute("COMMIT")
        assert log.stat().st_size > 8_000_000


@asynccontextmanager
async def one_group(db: SqliteDatabase) -> AsyncIterator[None]:
    """What is asked for inside the block is committed together: the writer is kept busy until the block ends."""
    begun, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait(tx: Transaction) -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()

    busy = asyncio.create_task(db.unit(wait))
    await begun.wait()
    try:
        yield
    finally:
        release.set()
        await busy


async def test_units_asked_for_together_are_one_commit_and_one_announcement(sqlite: SqliteDatabase) -> None:
    commits: list[int] = []
    sqlite.on_commit = lambda: commits.append(1)

    async with one_group(sqlite):
        asked = [asyncio.create_task(sqlite.unit(add, f"{i}")) for i in range(50)]
        await asyncio.sleep(0)
    await asyncio.gather(*asked)

    assert len(commits) <= 2
    assert len(await sqlite.view(keys)) == 50


async def test_what_waits_and_what_is_committed_together_is_counted(sqlite: SqliteDatabase) -> None:
    before = sqlite.gauges.group_units.total
    async with one_group(sqlite):
        asked = [asyncio.create_task(sqlite.unit(add, f"{i}")) for i in range(50)]
        await asyncio.sleep(0)
        waiting = sqlite.waiting()
    await asyncio.gather(*asked)

    assert waiting == 50
    assert sqlite.waiting() == 0
    assert sqlite.gauges.group_units.total - before >= 50
    assert sum(sqlite.gauges.commit_s.counts) <= 3


async def test_a_failing_unit_fails_alone(sqlite: SqliteDatabase) -> None:
    def fail(tx: Transaction) -> None:
        add(tx, "never")
        raise ValueError("no")

    async with one_group(sqlite):
        before = asyncio.create_task(sqlite.unit(add, "before"))
        failing = asyncio.create_task(sqlite.unit(fail))
        after = asyncio.create_task(sqlite.unit(add, "after"))
        await asyncio.sleep(0)

    assert await before == "before"
    assert await after == "after"
    with pytest.raises(ValueError, match="no"):
        await failing
    assert await sqlite.view(keys) == ["after", "before"]


async def test_a_unit_that_runs_dry_fails_like_any_other(sqlite: SqliteDatabase) -> None:
    async with one_group(sqlite):
        dry = asyncio.create_task(sqlite.unit(lambda tx: next(iter(()))))
        after = asyncio.create_task(sqlite.unit(add, "after"))
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="StopIteration"):
        await dry
    assert await after == "after"


async def test_one_whose_caller_has_gone_is_stored_and_stops_nobody(sqlite: SqliteDatabase) -> None:
    async with one_group(sqlite):
        gone = asyncio.create_task(sqlite.unit(add, "gone"))
        after = asyncio.create_task(sqlite.unit(add, "after"))
        await asyncio.sleep(0)
        gone.cancel()

    assert await after == "after"
    assert await sqlite.view(keys) == ["after", "gone"]


async def test_disk_full_in_the_middle_of_a_group_answers_what_is_stored(sqlite: SqliteDatabase) -> None:
    """SQLite itself says FULL: `max_page_count` is its own limit."""
    pages = await sqlite.view(lambda rd: rd._cursor("PRAGMA page_count", ()).fetchone()[0])
    await sqlite.unit(lambda tx: tx._cursor(f"PRAGMA max_page_count={pages + 40}", ()).fetchone())

    async with one_group(sqlite):
        asked = [asyncio.create_task(sqlite.unit(add, f"{i:03}", "x" * 3000)) for i in range(200)]
        await asyncio.sleep(0)
    answered = await asyncio.gather(*asked, return_exceptions=True)

    acknowledged = sorted(answer for answer in answered if isinstance(answer, str))
    assert all(isinstance(answer, (str, Busy)) for answer in answered)
    assert 0 < len(acknowledged) < 200
    assert await sqlite.view(keys) == acknowledged

    await sqlite.unit(lambda tx: tx._cursor("PRAGMA max_page_count=1000000", ()).fetchone())
    assert await sqlite.unit(add, "later", "x" * 3000) == "later"
    assert await sqlite.view(keys) == [*acknowledged, "later"]


def run_writer(what: str, path: Path) -> "subprocess.Popen[str]":
    root = Path(__file__).parents[2]
    command = [sys.executable, "-W", "ignore", "-m", "tests.hub.writers", what, str(path)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)


def stored(path: Path) -> set[str]:
    with closing(connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {key for (key,) in db.execute("SELECT key FROM answers")}


def test_what_a_full_file_system_refuses_is_not_stored_and_the_writer_works_on(path: Path) -> None:
    """The operating system refuses to let the files grow, at whatever write comes first."""
    with run_writer("full-disk", path) as writer:
        said = writer.communicate(timeout=60)[0].split("\n")

    acknowledged = {word for word in said if word and not word.startswith("busy ")}
    assert writer.returncode == 0
    assert any(word.startswith("busy full-") for word in said)
    assert {f"free-{i}" for i in range(20)} <= acknowledged
    assert stored(path) == acknowledged


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(path: Path) -> None:
    with run_writer("for-ever", path) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip() for _ in range(700)]
        writer.send_signal(signal.SIGKILL)
        # The last line may be cut.
        said += [line.strip() for line in writer.stdout.read().split("\n")[:-1]]

    assert len(said) >= 700
    assert set(said) <= stored(path)


async def test_a_reader_cannot_write(sqlite: SqliteDatabase) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await sqlite.view(lambda rd: rd._cursor("DELETE FROM answers", ()))


async def test_after_the_end_nothing_is_taken(path: Path, clock: Clock) -> None:
    db = SqliteDatabase(path, clock)
    await db.start()
    last = asyncio.create_task(db.unit(add, "last"))
    await asyncio.sleep(0)
    await db.stop()

    assert await last == "last"
    with pytest.raises(Busy):
        await db.unit(add, "too late")


async def test_beyond_its_bound_the_queue_takes_nothing_more(path: Path, clock: Clock) -> None:
    async with started(SqliteDatabase(path, clock, Limits(writes_waiting=3))) as db:
        assert isinstance(db, SqliteDatabase)
        async with one_group(db):
            asked = [asyncio.create_task(db.unit(add, f"{i}")) for i in range(5)]
            several = asyncio.create_task(db.units([lambda tx: add(tx, "one of several")]))
            await asyncio.wait(asked[3:])
        answers = await asyncio.gather(*asked, return_exceptions=True)

        assert answers[:3] == ["0", "1", "2"]
        assert [type(answer) for answer in (*answers[3:], *await several)] == [Overloaded] * 3
        assert await db.view(keys) == ["0", "1", "2"]
        assert await db.unit(add, "later") == "later"


async def test_while_another_process_writes_a_whole_group_waits_once_and_is_refused(path: Path, clock: Clock) -> None:
    async with started(SqliteDatabase(path, clock)) as db:
        assert isinstance(db, SqliteDatabase)
        db._db.execute("PRAGMA busy_timeout=100")
        with closing(connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with asyncio.timeout(5):
                asked = [db.unit(add, f"{i}") for i in range(200)]
                answers = await asyncio.gather(*asked, return_exceptions=True)
                assert await db.view(keys) == []
            other.execute("ROLLBACK")

        assert {type(answer) for answer in answers} == {Busy}
        assert await db.unit(add, "later") == "later"


async def test_foreign_keys_are_on(sqlite: SqliteDatabase) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await sqlite.unit(lambda tx: tx._cursor("INSERT INTO conversations (customer_id) VALUES (999)", ()))
