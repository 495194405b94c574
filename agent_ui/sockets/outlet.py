"""What leaves on one socket: a bounded queue, so that a client that does not read delays nobody and is cut."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from functools import cached_property

from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_ui.protocol import encode, packed
from hub.errors import HubError, Invalid, Malformed, TooMany

# Beyond this much unread a client is cut; it comes back and gets what it missed.
BOUND = 4 * 1024 * 1024
SLOW_S = 60
FAREWELL_S = 5
# Refusals of what could not be read; the others say by their own code what it is.
UNREADABLE = {Malformed.code, Invalid.code}


class Shared:
    """A frame for many sockets, packed once for all of them."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def packed(self) -> bytes:
        return packed(self.text)


class Outlet:
    """Sends frames in order. A task lives only while there is something to send."""

    __slots__ = ("_abort", "_queue", "_queued", "_task", "_write_now", "_ws", "closed")

    def __init__(self, ws: WebSocket) -> None:
        self._ws = ws
        # A client that reads nothing never answers a farewell: only the server itself can let go of its line.
        self._abort: Callable[[], None] = ws.scope["state"]["abort"]
        self._write_now: Callable[[bytes], bool] = ws.scope["state"]["write_now"]
        self._queue: deque[str] = deque()
        self._queued = 0
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    def send(self, frame: str) -> None:
        """Queue a frame; a client with too much unread is cut with `too_slow`."""
        if self.closed:
            return
        self._queue.append(frame)
        self._queued += len(frame)
        if self._queued > BOUND:
            self.cut()
        elif self._task is None:
            self._task = asyncio.create_task(self._drain())

    def send_shared(self, frame: Shared) -> None:
        """Send a frame that others get too: at once to a client that keeps up, else in its turn."""
        if self.closed or self._task is not None or not self._write_now(frame.packed):
            self.send(frame.text)

    async def _drain(self) -> None:
        try:
            while self._queue:
                frame = self._queue.popleft()
                self._queued -= len(frame)
                async with asyncio.timeout(SLOW_S):
                    await self._ws.send_text(frame)
        except TimeoutError:
            self._stop()
            self._abort()
        except (WebSocketDisconnect, RuntimeError, OSError):
            self._stop()
        finally:
            self._task = None

    def cut(self) -> None:
        """Give up on a client that reads too slowly."""
        self._replace_task(self._leave())

    async def _leave(self) -> None:
        await self._close("too_slow", "Too much was waiting for this browser.", again=True)
        self._abort()

    def refuse_soon(self, refusal: HubError) -> None:
        """Say why and close, while the one who found out goes on."""
        if not self.closed:
            self._replace_task(self._close(*_reason(refusal)))

    def _replace_task(self, farewell: Coroutine[None, None, None]) -> None:
        self._stop()
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(farewell)

    def _stop(self) -> None:
        self.closed = True
        self._queue.clear()
        self._queued = 0

    async def refuse(self, refusal: HubError) -> None:
        """Say what was refused and whether to come again, then close."""
        await self.end(*_reason(refusal))

    async def end(self, code: str, text: str, again: bool) -> None:
        """Say why, then close."""
        if self.closed:
            return
        self.closed = True
        await self._close(code, text, again)

    async def _close(self, code: str, text: str, again: bool) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError, OSError):
            async with asyncio.timeout(FAREWELL_S):
                await self._ws.send_text(encode({"over": {"code": code, "text": text, "again": again}}))
                await self._ws.close(1000)


def _reason(refusal: HubError) -> tuple[str, str, bool]:
    code = "bad_frame" if refusal.code in UNREADABLE else refusal.code
    return code, refusal.detail, refusal.status >= 500 or refusal.status == TooMany.status


async def first_within(seconds: float, *happenings: asyncio.Event) -> None:
    """Wait until one of these has happened, or so long."""
    waiting = [asyncio.ensure_future(happening.wait()) for happening in happenings]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
