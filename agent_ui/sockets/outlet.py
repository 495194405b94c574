"""What leaves on one socket: a bounded queue, so that a client that does not read delays nobody and is cut."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable, Coroutine
from functools import cached_property

from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_ui.protocol import encode, packed
from hub.errors import HubError, Invalid, Malformed, TooMany
from hub.limits import Limits

FAREWELL_S = 5
# Refusals of what could not be read; the others say by their own code what it is.
UNREADABLE = {Malformed.code, Invalid.code}


class Unsent:
    """What waits for all sockets together. Beyond its bound who has most waiting is cut."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._waiting: set[Outlet] = set()
        self.size = 0

    def add(self, outlet: Outlet, size: int) -> None:
        self.size += size
        self._waiting.add(outlet)
        while self.size > self.limits.unsent_bytes_in_all and self._waiting:
            max(self._waiting, key=lambda one: one.queued).cut()

    def take(self, outlet: Outlet, size: int) -> None:
        self.size -= size
        if not outlet.queued:
            self._waiting.discard(outlet)


class Shared:
    """A frame for many sockets, packed once for all of them."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def packed(self) -> bytes:
        return packed(self.text)


class Outlet:
    """Sends frames in order. A task lives only while there is something to send."""

    __slots__ = ("_abort", "_queue", "_task", "_unsent", "_write_now", "_ws", "closed", "queued")

    def __init__(self, ws: WebSocket) -> None:
        self._ws = ws
        # A client that reads nothing never answers a farewell: only the server itself can let go of its line.
        self._abort: Callable[[], None] = ws.scope["state"]["abort"]
        self._write_now: Callable[[bytes], bool] = ws.scope["state"]["write_now"]
        self._unsent: Unsent = ws.app.state.unsent
        self._queue: deque[str] = deque()
        # What waits here, the frame that is being sent included.
        self.queued = 0
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    def send(self, frame: str) -> None:
        """Queue a frame; a client with too much unread is cut with `too_slow`."""
        if self.closed:
            return
        self._queue.append(frame)
        self.queued += len(frame)
        self._unsent.add(self, len(frame))
        if self.queued > self._unsent.limits.unsent_bytes:
            self.cut()
        elif self._task is None and not self.closed:
            self._task = asyncio.create_task(self._drain())

    def send_shared(self, frame: Shared) -> None:
        """Send a frame that others get too: at once to a client that keeps up, else in its turn."""
        if self.closed or self._task is not None or not self._write_now(frame.packed):
            self.send(frame.text)

    async def _drain(self) -> None:
        try:
            while self._queue:
                frame = self._queue.popleft()
                async with asyncio.timeout(self._unsent.limits.slow_socket_seconds):
                    await self._ws.send_text(frame)
                self._forget(len(frame))
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
        self._forget(self.queued)

    def _forget(self, size: int) -> None:
        self.queued -= size
        self._unsent.take(self, size)

    async def refuse(self, refusal: HubError) -> None:
        """Say what was refused and whether to come again, then close."""
        await self.end(*_reason(refusal))

    async def end(self, code: str, text: str, again: bool, after: float = 0) -> None:
        """Say why, then close; `after`: in how many seconds to come again, where that is ours to say."""
        if self.closed:
            return
        self.closed = True
        await self._close(code, text, again, after)

    async def _close(self, code: str, text: str, again: bool, after: float = 0) -> None:
        over = {"code": code, "text": text, "again": again} | ({"after": round(after, 1)} if after >= 0.1 else {})
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError, OSError):
            async with asyncio.timeout(FAREWELL_S):
                await self._ws.send_text(encode({"over": over}))
                await self._ws.close(1000)


def _reason(refusal: HubError) -> tuple[str, str, bool, float]:
    code = "bad_frame" if refusal.code in UNREADABLE else refusal.code
    return code, refusal.detail, refusal.status >= 500 or refusal.status == TooMany.status, _after(refusal)


def _after(refusal: HubError) -> float:
    """Each at another time, so that they do not all come again at once."""
    return getattr(refusal, "retry_after", 0) * random.uniform(0.5, 1.5)


async def first_within(seconds: float, *happenings: asyncio.Event) -> None:
    """Wait until one of these has happened, or so long."""
    waiting = [asyncio.ensure_future(happening.wait()) for happening in happenings]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
