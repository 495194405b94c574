"""The bare limits of sockets: `websockets.broadcast` to everyone, and an echo. A server that knows no hub."""

from __future__ import annotations

import asyncio
import contextlib
import sys

import msgspec
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from bench.load.console import MARK


async def _serve(payload: str) -> None:
    """`/listen` gets what is broadcast, `/tell` has one broadcast made for each text, `/echo` answers."""
    listening: set[ServerConnection] = set()

    async def talk(line: ServerConnection) -> None:
        assert line.request is not None
        if line.request.path == "/listen":
            listening.add(line)
        # The load closes its lines without a farewell.
        with contextlib.suppress(ConnectionClosed):
            async for text in line:
                if line.request.path == "/tell":
                    broadcast(listening, payload)
                else:
                    await line.send(text)
        listening.discard(line)

    async with serve(talk, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(msgspec.json.encode({"url": f"ws://127.0.0.1:{port}"}).decode(), flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    uvloop.run(_serve(MARK.decode().rjust(int(sys.argv[1]), "x")))
