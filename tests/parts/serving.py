"""An application on a real port of the loopback, served in the test's own loop as `serve` does it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from agent_ui.slow_heads import server_options
from hub.limits import Limits


@asynccontextmanager
async def serving(app: ASGIApp, limits: Limits | None = None) -> AsyncIterator[str]:
    """Serves until the block ends; yields the address, as in http://127.0.0.1:4711."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, lifespan="off", log_config=None, **server_options(limits))
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup([listener])
        work = asyncio.create_task(server.main_loop())
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await work
            # Connections that a test left open are of no use to anybody.
            server.force_exit = True
            await server.shutdown([listener])
