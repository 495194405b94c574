"""Runs a hub with its pages until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette

from hub.bootstrap import Hub, build
from hub.commands.control_port import control_port
from hub.commands.door import Door
from hub.commands.errors import Fault
from hub.commands.parts import Parts
from hub.config import Settings
from hub.data_folder import Address, DataFolder
from hub.limits import within
from hub.version import version

logger = logging.getLogger(__name__)

BACKLOG = 4096
# Where the machine sets no bound, we do: each place costs a little.
MOST_FILES = 1_000_000
# How long sockets have to say goodbye, and requests to be answered, before they are cut.
FAREWELL_S = 2.0
GRACE_S = 10


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """A hub that answers: where people find it, and the link that makes the first administrator while there is none."""

    url: str
    setup_link: str | None


# What goes on beside a hub while it runs; inside the block it yields what to do once the hub answers.
Beside = Callable[[Hub], contextlib.AbstractAsyncContextManager[Callable[[], None]]]


async def serve(
    settings: Settings, parts: Parts, ready: Callable[[Serving], None], beside: Beside | None = None
) -> None:
    """Run a hub until SIGTERM or SIGINT. Raises `FolderInUse`, or `Fault` when it cannot start or breaks."""
    folder = DataFolder(settings.data)
    with folder.locked(), listening(settings) as listener:
        folder.remember_address(Address(host=settings.host, port=settings.port))
        settings = msgspec.structs.replace(
            settings, port=listener.getsockname()[1], limits=within(settings.limits, allow_many_files())
        )
        hub = await build(settings, parts.channels(), parts.shops())
        stopping = asyncio.Event()
        async with working(hub, stopping), control_port(hub, folder), (beside or alone)(hub) as begin:
            link = await hub.agents.first_link()
            server = Server(parts.site(hub), stopping, parts.server_options(settings.limits))
            # What is there now stays: looking through it again and again would hold up everything else for moments.
            gc.freeze()
            async with server.running(listener):
                ready(Serving(url=settings.url, setup_link=settings.url + link.path if link else None))
                logger.info("The hub is at work at %s", settings.url, extra={"action": "hub_started"} | _about(hub))
                begin()
                await stopping.wait()
        logger.info("The hub has stopped", extra={"action": "hub_stopped"})


def _about(hub: Hub) -> dict[str, str]:
    return {"version": version(), "node": hub.bus.node, "database": hub.db.dialect.name}


def allow_many_files() -> int:
    """Hold as many connections as the machine allows; how many files that are."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        most = MOST_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    return most


@contextlib.asynccontextmanager
async def alone(hub: Hub) -> AsyncIterator[Callable[[], None]]:
    """Nothing goes on beside the hub."""
    yield lambda: None


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """A socket that takes connections already, so that nobody is turned away while the hub starts."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as problem:
        raise Fault(
            f"Cannot listen on {settings.host}, port {settings.port}: {problem}. "
            "Stop what listens there, or choose another with --host and --port."
        ) from problem
    with listener:
        yield listener


@contextlib.asynccontextmanager
async def working(hub: Hub, stopping: asyncio.Event) -> AsyncIterator[None]:
    """The hub at work inside the block. When it breaks, `stopping` is set and `Fault` is raised at the end."""
    await hub.start()
    work = asyncio.create_task(hub.run())
    work.add_done_callback(lambda _: stopping.set())
    try:
        yield
        broken = work.done()
    finally:
        work.cancel()
        await asyncio.wait([work])
        await hub.stop()
    if broken:
        logger.error("The hub broke", exc_info=work.exception(), extra={"action": "hub_broke"})
        raise Fault("The hub broke and has stopped; its log says why. Start it again.")


class Server:
    """uvicorn, stopped in the order that a hub needs: sockets say goodbye, requests end, then the hub may stop."""

    def __init__(self, site: Starlette, stopping: asyncio.Event, options: Mapping[str, Any]) -> None:
        self._stopping = stopping
        # Sockets wait for this too, and tell their client that the hub restarts.
        site.state.stopping = stopping
        config = uvicorn.Config(site, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_S, **options)
        self._uvicorn = _Uvicorn(config)

    @contextlib.asynccontextmanager
    async def running(self, listener: socket.socket) -> AsyncIterator[None]:
        """Serve inside the block; SIGTERM and SIGINT set `stopping`."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        serving = asyncio.create_task(self._uvicorn.serve(sockets=[listener]))
        serving.add_done_callback(lambda _: self._stopping.set())
        try:
            yield
        finally:
            self._stopping.set()
            await self._say_goodbye()
            self._uvicorn.should_exit = True
            await serving

    async def _say_goodbye(self) -> None:
        """Let sockets and requests end by themselves for a moment; uvicorn cuts what is left."""
        if under_way := self._uvicorn.server_state.tasks:
            await asyncio.wait(under_way, timeout=FAREWELL_S)


class _Uvicorn(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Behind a door of ours; the rest is as uvicorn begins."""
        await super().startup(sockets=[])
        self.servers = [Door(listener, self._new_line) for listener in sockets or []]  # type: ignore[misc]

    def _new_line(self) -> asyncio.Protocol:
        made: type[Any] = self.config.http_protocol_class
        line: asyncio.Protocol = made(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        return line

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours: uvicorn's own way ends the process by the signal once more, past the hub's stop."""
        yield
