"""A hub behind a real port, whose time and sending stand still unless a test moves them, and sockets to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette

from agent_ui.app import create_app
from hub.database import Database
from hub.keyring import Keyring
from hub.security import Actor
from hub.services.sessions import open_session
from tests.hub.fake_channel import FakeProvider
from tests.hub.world import World, a_hub
from tests.parts.serving import serving
from tests.parts.sockets import Json, Socket, socket


@dataclass
class Stage:
    """A world, the application in front of it, and whoever is connected."""

    world: World
    app: Starlette
    url: str
    lines: AsyncExitStack
    cookies: dict[int, str] = field(default_factory=dict)

    async def cookie(self, actor: Actor) -> str:
        """A new session of this colleague's."""
        secret = Keyring.new_secret()
        await self.world.db.unit(open_session, secret, actor.id, "")
        self.cookies[actor.id] = secret
        return secret

    def limit(self, **limits: Any) -> None:
        """Move bounds, for sockets that open from now on."""
        hub = self.world.hub
        hub.settings = msgspec.structs.replace(
            hub.settings, limits=msgspec.structs.replace(hub.settings.limits, **limits)
        )
        self.app.state.unsent.limits = hub.settings.limits
        self.app.state.arrivals.__init__(hub.settings.limits)

    async def socket(self, cookie: str = "", path: str = "/console/socket", **headers: str) -> Socket:
        """A line on which nothing was said yet."""
        return await self.lines.enter_async_context(socket(f"{self.url}{path}", cookie, **headers))

    async def console(self, actor: Actor, position: str | None = None, **watch: Any) -> tuple[Socket, Json]:
        """A colleague's console, and what it was told first."""
        line = await self.socket(await self.cookie(actor))
        return line, await line.hello(position=position, watch={"view": "open", **watch})

    async def widget(self, **said: Any) -> tuple[Socket, Json]:
        """A visitor's widget, and its snapshot."""
        line = await self.socket(path="/widget/socket")
        return line, (await line.hello(**said))["snapshot"]


@pytest.fixture(name="stage")
async def set_stage(sqlite: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    provider = FakeProvider()
    world = World(a_hub(sqlite, tmp_path, provider, trusted_proxies="127.0.0.1"), provider)
    await world.open()
    reading = asyncio.create_task(world.hub.log.run())
    app = create_app(world.hub)
    async with serving(app) as url, AsyncExitStack() as lines:
        yield Stage(world, app, url, lines)
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    await world.hub.delivery.settled()
    world.hub.passwords.stop()


@pytest.fixture(name="mara")
async def add_agent(stage: Stage) -> Actor:
    return await stage.world.colleague("Mara Lind", "agent")


@pytest.fixture(name="lea")
async def add_administrator(stage: Stage) -> Actor:
    return await stage.world.colleague("Lea Roth", "admin")
