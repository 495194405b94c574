"""A hub with the demo in it, as `demo` runs it, and a colleague who waits for what happens there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from connectors import found
from hub.bootstrap import Hub, build
from hub.security import Actor
from hub.services.replies import Reply
from tests.parts.demo import settings_of

PATIENCE_S = 30

T = TypeVar("T")


class Cut(Exception):
    """The story was cut short."""


@asynccontextmanager
async def looking_at(folder: Path) -> AsyncIterator[Hub]:
    """The demo's hub, opened to be looked at: nothing goes on in it."""
    hub = await build(settings_of(folder), found.channels(), found.shops())
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


async def at_the_door(door: int) -> bool | None:
    """Whether the mailbox takes mails."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", door)
    except OSError:
        return None
    writer.close()
    await writer.wait_closed()
    return True


class Desk:
    """A colleague at work."""

    def __init__(self, hub: Hub, actor: Actor) -> None:
        self.hub = hub
        self._actor = actor
        self._happened = asyncio.Event()
        hub.log.listen(lambda _: self._happened.set())

    async def until(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """What there is to see, as soon as it is there."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self._happened.clear()
                seen = await look()
                if seen is not None:
                    return seen
                await self._happened.wait()

    async def inbox(self) -> Any:
        return (await self.hub.db.view(lambda rd: self.hub.snapshot.inbox(rd, "open", None, 50))).rows

    async def screen(self, customer_id: int) -> Any:
        return await self.hub.db.view(self.hub.snapshot.conversation, customer_id)

    async def who_says(self, words: str) -> int:
        """The customer whose open request has these words last, or how they begin."""

        async def look() -> int | None:
            rows = [row for row in await self.inbox() if row.last and words[:40] in row.last.text]
            return rows[0].customer_id if rows else None

        return await self.until(look)

    async def said(self, customer_id: int, words: str) -> Any:
        """The entry in which this customer says this."""

        async def look() -> Any:
            entries = (await self.screen(customer_id)).entries
            return next((entry for entry in entries if words in entry.text and entry.direction == "in"), None)

        return await self.until(look)

    async def answer(self, customer_id: int, text: str) -> None:
        entries = (await self.screen(customer_id)).entries
        base = {entry.conversation_id: entry.seq for entry in sorted(entries, key=lambda entry: entry.seq)}
        reply = Reply(customer=customer_id, base=base, text=text, client_key=text)
        await self.hub.replies.send(self._actor, reply)
        # Past the time in which a mail can be called back.
        self.hub.clock.move_by(timedelta(seconds=11))
        self.hub.delivery.wake()
