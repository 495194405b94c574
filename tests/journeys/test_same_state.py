"""A console that was brought forward by events holds, byte for byte, what a new snapshot holds: over a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.clock import Clock
from hub.database import Database
from tests.hub.services.test_snapshot import HAPPENINGS, Happening, Story
from tests.journeys.scene import Scene, a_scene


@pytest.fixture(name="scene")
async def set_scene(db: Database, tmp_path: Path) -> AsyncIterator[Scene]:
    async with a_scene(db, tmp_path) as scene:
        yield scene


@pytest.fixture(name="story")
async def begin_story(scene: Scene, clock: Clock) -> Story:
    story = Story(scene.world, clock)
    await story.begin()
    return story


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda happening: happening.__name__)
async def test_events_make_of_a_state_the_next_snapshot(scene: Scene, story: Story, happening: Happening) -> None:
    await scene.watched_by(story.mara, "open", story.customer)
    await scene.watched_by(story.lea, "resolved", story.customer)

    await happening(story)

    await scene.compare()
