"""A hub built around each test's own database, on either kind, with a working fake channel."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.bootstrap import Hub
from hub.database import Database
from tests.hub.fake_channel import FakeProvider
from tests.hub.world import World, a_hub


@pytest.fixture(name="provider")
async def open_provider() -> FakeProvider:
    """The other side of the fake channel: what was sent, and what is to fail."""
    return FakeProvider()


@pytest.fixture(name="world")
async def make_world(db: Database, provider: FakeProvider, tmp_path: Path) -> AsyncIterator[World]:
    """A prepared hub with accounts `mail` and `sales` of the fake channel, and the built-in ones."""
    world = World(a_hub(db, tmp_path, provider), provider)
    await world.open()
    yield world
    await world.hub.delivery.settled()


@pytest.fixture(name="hub")
async def take_hub(world: World) -> Hub:
    """The hub of this test's world."""
    return world.hub
