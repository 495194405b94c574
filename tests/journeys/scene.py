"""A hub on either database behind a real port, and consoles without a browser in front of it."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_ui.app import create_app
from hub.database import Database, Transaction
from hub.keyring import Keyring
from hub.security import Actor
from hub.services.sessions import open_session
from tests.hub.fake_channel import FakeProvider
from tests.hub.world import World, a_hub
from tests.parts.screens import Json, Screen, Stores, stores
from tests.parts.serving import serving

_fences = itertools.count(1)


@dataclass
class Scene:
    """A world and those who watch it. Its time and its sending stand still unless a test moves them."""

    world: World
    url: str
    stores: Stores
    screens: dict[Screen, Actor] = field(default_factory=dict)

    async def cookie(self, actor: Actor) -> str:
        secret = Keyring.new_secret()
        await self.world.db.unit(open_session, secret, actor.id, "")
        return secret

    async def watched_by(self, actor: Actor, view: str = "open", customer: int | None = None, url: str = "") -> Screen:
        """A console of this colleague, which looks at a list and a customer."""
        screen = Screen(self.stores, url or self.url, await self.cookie(actor), view=view, customer=customer)
        self.screens[screen] = actor
        await screen.come()
        return screen

    async def settle(self) -> None:
        """Wait until every screen has heard all that happened so far."""
        fence = next(_fences)
        await self.world.db.unit(tell_fence, fence)
        for screen in self.screens:
            await screen.reaches(fence)

    async def snapshot_for(self, screen: Screen) -> Any:
        """What a console that comes new now, with the windows of this one, is given."""
        fresh = Screen(self.stores, self.url, await self.cookie(self.screens[screen]))
        await fresh.come(screen.watch)
        await fresh.leave()
        return await fresh.state()

    async def compare(self) -> None:
        """Hold every screen, byte for byte, against a new snapshot."""
        await self.settle()
        for screen in self.screens:
            held, fresh = await screen.state(), await self.snapshot_for(screen)
            assert held == fresh, "\n".join(differences(held, fresh))


def differences(held: Any, fresh: Any, path: str = "") -> Iterator[str]:
    """Where the two differ, each with its path; objects of a collection are compared by their ids."""
    if isinstance(held, list) and all(isinstance(item, dict) and "id" in item for item in [*held, *(fresh or [])]):
        held, fresh = ({item["id"]: item for item in items} for items in (held, fresh or []))
    if isinstance(held, dict) and isinstance(fresh, dict):
        for name in {**held, **fresh}:
            yield from differences(held.get(name), fresh.get(name), f"{path}/{name}")
    elif held != fresh:
        yield f"{path}: held {held!r}, a new snapshot has {fresh!r}"


def tell_fence(tx: Transaction, number: int) -> None:
    tx.announce("fence", extra={"number": number})


@asynccontextmanager
async def a_scene(db: Database, folder: Path) -> AsyncIterator[Scene]:
    provider = FakeProvider()
    world = World(a_hub(db, folder, provider), provider)
    await world.open()
    reading = asyncio.create_task(world.hub.log.run())
    async with serving(create_app(world.hub)) as url, stores() as held:
        scene = Scene(world, url, held)
        try:
            yield scene
        finally:
            for screen in scene.screens:
                await screen.leave()
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
            await world.hub.delivery.settled()
            world.hub.passwords.stop()


__all__ = ["Json", "Scene", "a_scene"]
