"""A line between a client and a server that can be cut at any byte, on both ends at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

CHUNK = 64 * 1024


class Line:
    """Passes on what is said, until it is cut; whoever connects again gets a new one."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._ends: set[asyncio.StreamWriter] = set()
        # After so many more bytes to the client each, one after the other.
        self._cuts: deque[int] = deque()
        self.was_cut = 0

    @property
    def is_to_be_cut(self) -> bool:
        return bool(self._cuts)

    def cut_after(self, size: int) -> None:
        """Cut it in the middle of whatever is said when so many more bytes have gone to the client."""
        self._cuts.append(size)

    def cut(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, out = await self._open()
        except OSError:
            writer.transport.abort()
            return
        self._ends |= {writer, out}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, out))
                both.create_task(self._pass_back(there, writer))
        except* OSError:
            pass
        finally:
            self._ends -= {writer, out}
            writer.transport.abort()
            out.transport.abort()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._host, self._port)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(CHUNK):
            writer.write(said)
            await writer.drain()
        raise ConnectionResetError

    async def _pass_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(CHUNK):
            if self._cuts and len(said) > self._cuts[0]:
                writer.write(said[: self._cuts.popleft()])
                await writer.drain()
                self.was_cut += 1
                raise ConnectionResetError
            if self._cuts:
                self._cuts[0] -= len(said)
            writer.write(said)
            await writer.drain()
        raise ConnectionResetError


@asynccontextmanager
async def line_to(url: str) -> AsyncIterator[tuple[Line, str]]:
    """A line to this address, and the address at which it begins."""
    there = urlsplit(url)
    assert there.hostname is not None
    assert there.port is not None
    line = Line(there.hostname, there.port)
    server = await asyncio.start_server(line.connect, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield line, f"http://{host}:{port}"
    finally:
        server.close()
        line.cut()
