"""A unit has no effect outside its transaction and may be run again: each is, here, and must do the same."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.clock import Clock
from hub.database import Database, P, T, Transaction, Unit
from hub.sqlite import SqliteDatabase
from tests.hub.fake_channel import FakeProvider
from tests.hub.services.test_snapshot import HAPPENINGS, Happening, Story, many_at_once
from tests.hub.world import World, a_hub


class StillClock(Clock):
    """Time moves by hand alone, so that what is run again runs at the same time."""

    def __init__(self) -> None:
        super().__init__(movable=True)
        self._now = super().now()

    def now(self) -> int:
        return self._now + self._offset_ms if hasattr(self, "_now") else super().now()


class RolledBack(Exception):
    """Carries what a unit did out of the transaction that is to leave nothing."""

    def __init__(self, did: Any) -> None:
        self.did = did
        super().__init__()


class TwiceDatabase(SqliteDatabase):
    """Runs each unit once for nothing, and once more."""

    async def unit(self, fn: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def for_nothing(tx: Transaction) -> None:
            result = fn(tx, *args, **kwargs)
            raise RolledBack(told(tx, result))

        def in_earnest(tx: Transaction) -> tuple[T, Any]:
            result = fn(tx, *args, **kwargs)
            return result, told(tx, result)

        with pytest.raises(RolledBack) as before:
            await super().unit(for_nothing)
        result, did = await super().unit(in_earnest)
        assert did == before.value.did
        return result


def told(tx: Transaction, result: Any) -> Any:
    """All that a unit hands to the world: its result, its news, what it touched and counted."""
    return (
        msgspec.json.encode(result, enc_hook=repr) if isinstance(result, msgspec.Struct) else repr(result),
        [msgspec.json.encode(news) for news in tx.announcements],
        {audience: {name: list(ids) for name, ids in shelf.items()} for audience, shelf in tx.touched.items()},
        dict(tx.counts),
    )


@pytest.fixture(name="story")
async def open_story(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Story]:
    clock = StillClock()
    path = tmp_path / "onethread.db"
    path.write_bytes(sqlite_template.read_bytes())  # noqa: ASYNC240 - a few pages, once
    db: Database = TwiceDatabase(path, clock)
    await db.start()
    provider = FakeProvider()
    world = World(a_hub(db, tmp_path, provider), provider)
    await world.open()
    story = Story(world, clock)
    await story.begin()
    yield story
    await world.hub.delivery.settled()
    await db.stop()


# What happens at the same time as something else does not happen again in the same world.
ONE_BY_ONE = [happening for happening in HAPPENINGS if happening is not many_at_once]


@pytest.mark.parametrize("happening", ONE_BY_ONE, ids=lambda happening: happening.__name__)
async def test_a_unit_run_twice_does_the_same(story: Story, happening: Happening) -> None:
    await happening(story)
