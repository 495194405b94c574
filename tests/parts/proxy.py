"""What stands before the nodes of a cluster: each connection goes to the next one that takes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.parts.line import Line


class Proxy(Line):
    """Passes on what is said, to nodes that come and go. Where one dies, its connections break."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1", 0)
        # The ports of those that are there.
        self.nodes: dict[str, int] = {}
        self._turn = 0

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ports = list(self.nodes.values())
        for _ in ports:
            self._turn += 1
            try:
                return await asyncio.open_connection("127.0.0.1", ports[self._turn % len(ports)])
            except OSError:
                continue
        raise ConnectionRefusedError


@asynccontextmanager
async def proxy() -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy that knows no node yet, and its address."""
    made = Proxy()
    server = await asyncio.start_server(made.connect, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield made, f"http://{host}:{port}"
    finally:
        server.close()
        made.cut()
