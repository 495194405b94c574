"""Lines to mail servers, kept open for a short while: the next mail of the account need not sign in again."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiosmtplib
import msgspec

from connectors.channels.email.settings import Server
from connectors.channels.email.smtp import connect
from hub.ports.errors import Rejected

# Whether a line that lay still is well must not take longer than a new one.
_PATIENCE = 5.0


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """How long a line may lie still, and how many mails it takes: servers cut those that stay or send too much."""

    idle: float = 30
    mails: int = 50


class _Line:
    """One connection, ready to send."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.mails = 0
        self.end: asyncio.TimerHandle | None = None

    async def is_well(self) -> bool:
        """Whether the server still listens, with nothing left over from the mail before."""
        try:
            await self.client.rset(timeout=_PATIENCE)
        except (aiosmtplib.SMTPException, OSError):
            return False
        except BaseException:
            self.client.close()
            raise
        return True

    async def hang_up(self) -> None:
        """Take leave; a server that does not answer is not waited for."""
        try:
            with suppress(aiosmtplib.SMTPException, OSError):
                await self.client.quit(timeout=_PATIENCE)
        finally:
            self.client.close()


class Lines:
    """Lends lines, one mail at a time each, and keeps those that are well for the next."""

    def __init__(self, keep: Keep | None = None) -> None:
        self._keep = keep or Keep()
        self._free: defaultdict[Server, list[_Line]] = defaultdict(list)
        self._leaving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def line(self, server: Server) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection ready to send. Raises what `connect` does."""
        line = await self._free_one(server) or _Line(await connect(server))
        line.mails += 1
        try:
            yield line.client
        except Rejected:
            self._give_back(server, line)
            raise
        except BaseException:
            # Nobody knows what is left in it, and who was told to wait does not hold the server's line.
            line.client.close()
            raise
        self._give_back(server, line)

    async def _free_one(self, server: Server) -> _Line | None:
        while self._free[server]:
            line = self._free[server].pop()
            if line.end is not None:
                line.end.cancel()
            if await line.is_well():
                return line
            line.client.close()
        return None

    def _give_back(self, server: Server, line: _Line) -> None:
        if line.mails >= self._keep.mails or not line.client.is_connected:
            self._leave(line)
            return
        line.end = asyncio.get_running_loop().call_later(self._keep.idle, self._drop, server, line)
        self._free[server].append(line)

    def _drop(self, server: Server, line: _Line) -> None:
        self._free[server].remove(line)
        if not self._free[server]:
            del self._free[server]
        self._leave(line)

    def _leave(self, line: _Line) -> None:
        task = asyncio.get_running_loop().create_task(line.hang_up())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def stop(self) -> None:
        """Hang up everywhere."""
        for line in [line for lines in self._free.values() for line in lines]:
            if line.end is not None:
                line.end.cancel()
            self._leave(line)
        self._free.clear()
        if self._leaving:
            await asyncio.wait(self._leaving)
