"""The control port of a running hub. Whoever does not know its secret, or sends something else, gets no answer."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
import secrets
from collections.abc import AsyncIterator

import msgspec

from hub.bootstrap import Hub
from hub.commands.calls import Say
from hub.commands.control import HOST, Asked, Line
from hub.commands.errors import sentence
from hub.commands.known import KNOWN
from hub.data_folder import Control, DataFolder

logger = logging.getLogger(__name__)

REQUEST_BYTES = 256 * 1024
ASK_S = 10.0
AT_ONCE = 8


@contextlib.asynccontextmanager
async def control_port(hub: Hub, folder: DataFolder) -> AsyncIterator[None]:
    """Take calls for this hub inside the block."""
    port = ControlPort(hub)
    server = await asyncio.start_server(port.answer, HOST, 0, limit=REQUEST_BYTES)
    number = server.sockets[0].getsockname()[1]
    folder.write_control(Control(port=number, secret=port.secret, pid=os.getpid()))
    try:
        yield
    finally:
        folder.remove_control()
        server.close()
        await port.settled()


class ControlPort:
    """Answers one call per connection, a few at once."""

    def __init__(self, hub: Hub) -> None:
        self.secret = secrets.token_urlsafe(32)
        self._hub = hub
        self._free = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None] | None] = set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        self._under_way.add(task)
        try:
            asked = await self._read(reader)
            if asked is not None:
                await self._answer(asked, writer)
        except (OSError, TimeoutError):
            return
        finally:
            self._under_way.discard(task)
            writer.close()

    async def settled(self) -> None:
        """Wait until what was asked is done."""
        if under_way := [task for task in self._under_way if task is not None]:
            await asyncio.wait(under_way)

    async def _read(self, reader: asyncio.StreamReader) -> Asked | None:
        async with asyncio.timeout(ASK_S):
            try:
                asked = msgspec.json.decode(await reader.readline(), type=Asked)
            except (ValueError, RecursionError):
                return None
        is_known = hmac.compare_digest(asked.secret.encode(errors="replace"), self.secret.encode())
        return asked if is_known else None

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(msgspec.json.encode(Line(said=text)) + b"\n")

        async with self._free:
            line = await self._carry_out(asked, say)
        writer.write(msgspec.json.encode(line) + b"\n")
        await writer.drain()

    async def _carry_out(self, asked: Asked, say: Say) -> Line:
        try:
            call = msgspec.json.decode(asked.call, type=KNOWN)
        except (ValueError, RecursionError):
            return Line(refused="The running hub does not know this command. Start it again with this version.")
        try:
            return Line(result=msgspec.Raw(msgspec.json.encode(await call.carry_out(self._hub, say))))
        except Exception as problem:
            said = sentence(problem)
            if said is None:
                logger.exception("A command failed", extra={"action": "command_failed"})
            return Line(refused=said or "The hub could not do this; its log says why.")
