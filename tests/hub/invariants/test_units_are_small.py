"""No unit works long or writes many rows, however much its customer has said and bought: whatever happens to them."""

import copy
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.clock import Clock, to_datetime
from hub.ports.commerce import Order, OrderCustomer
from hub.sqlite import Job, Outcome, SqliteDatabase
from tests.hub.fake_channel import FakeProvider
from tests.hub.services.test_snapshot import HAPPENINGS, Happening, Story
from tests.hub.world import CUSTOMER, World, a_hub, a_mail

MOST_ROWS = 200
# Twice what the invariant allows: tests share their machine.
LONGEST_S = 0.1
# More than any screen, list or index looks at in one go.
MATTERS, ORDERS = 250, 120


class CountingConnection:
    """Counts the rows that statements write; those in which an index keeps its words are the index's own."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.written = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        cursor = self._db.execute(sql, parameters)
        # What returns its row has not counted it yet.
        self.written += max(cursor.rowcount, int(sql.startswith("INSERT")))
        return cursor


class MeasuredDatabase(SqliteDatabase):
    """Knows how long its longest unit worked, and how many rows its largest one wrote."""

    longest_s = 0.0
    most_rows = 0

    async def start(self) -> None:
        await super().start()
        self._db: Any = CountingConnection(self._db)

    def _transaction(self, group: list[Job]) -> list[Outcome]:
        """Each unit by itself: what its group writes last is its own."""
        return [outcome for job in group for outcome in self._measured(job)]

    def _measured(self, job: Job) -> list[Outcome]:
        self._db.written, began = 0, time.thread_time()
        outcome = super()._transaction([job])
        self.longest_s = max(self.longest_s, time.thread_time() - began)
        self.most_rows = max(self.most_rows, self._db.written)
        return outcome


@pytest.fixture(name="years", scope="module")
async def live_through_years(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Story]:
    """A database with a customer who wrote for years, each time about another matter, and bought a lot."""
    folder = tmp_path_factory.mktemp("years")
    path = folder / "onethread.db"
    path.write_bytes(sqlite_template.read_bytes())  # noqa: ASYNC240 - a few pages, once
    story = await told(path, folder)
    await story.begin()
    await story.world.offer(*(a_mail(f"Matter {n}, in words of its own", subject=f"M{n}") for n in range(MATTERS)))
    for n in range(ORDERS):
        now, buyer = to_datetime(story.clock.now()), OrderCustomer(name="Anna", email=CUSTOMER)
        await story.hub.orders.put(story.lea, "shop", f"A-{n}", Order(status="placed", updated_at=now, customer=buyer))
    await story.world.db.stop()
    return path, story


async def told(path: Path, folder: Path) -> Story:
    db = MeasuredDatabase(path, Clock(movable=True))
    await db.start()
    provider = FakeProvider()
    world = World(a_hub(db, folder, provider), provider)
    await world.open()
    return Story(world, db.clock)


@pytest.fixture(name="story")
async def open_story(years: tuple[Path, Story], tmp_path: Path) -> AsyncIterator[Story]:
    """That customer, in a database of this test's own."""
    path = tmp_path / "onethread.db"
    path.write_bytes(years[0].read_bytes())
    now = await told(path, tmp_path)
    story = copy.copy(years[1])
    story.world, story.hub, story.clock = now.world, now.hub, now.clock
    yield story
    await story.hub.delivery.settled()
    await story.world.db.stop()


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda happening: happening.__name__)
async def test_a_unit_is_small_whatever_happens(story: Story, happening: Happening) -> None:
    db: Any = story.world.db
    db.longest_s, db.most_rows = 0.0, 0

    await happening(story)

    assert db.most_rows <= MOST_ROWS
    assert db.longest_s <= LONGEST_S
