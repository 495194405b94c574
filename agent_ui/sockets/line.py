"""What the sockets of colleagues and visitors share: a hello, then calls and tells, until the line ends somehow."""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_ui.errors import problem_of
from agent_ui.protocol import Frame, encode, read_frame
from agent_ui.sockets.arrivals import Arrivals, Turns
from agent_ui.sockets.outlet import Outlet
from hub.bootstrap import Hub
from hub.bounds import Shares
from hub.clock import to_text
from hub.errors import HubError, Malformed

BEAT_S = 20
# What of one line's answers is kept to be given again.
ANSWERS_BYTES = 256 * 1024


class Line(ABC):
    """One open socket, from its hello to its end. However it breaks, its client comes back."""

    # A key comes again soon or never; what a client may have us remember is bounded.
    answers_kept: ClassVar[int] = 100

    def __init__(self, ws: WebSocket, hub: Hub) -> None:
        self._ws = ws
        self._hub = hub
        self._id = secrets.token_hex(8)
        self._outlet = Outlet(ws)
        self._stopping: asyncio.Event = ws.app.state.stopping
        self._arrivals: Arrivals = ws.app.state.arrivals
        # Whose share of sockets this is one of, once we know.
        self._share: tuple[Shares, str] | None = None
        # Answers already given on this line: the same key again is answered from here.
        self._answers: dict[str, str] = {}
        self._answered = 0

    async def serve(self) -> None:
        beat = None
        try:
            hello = await self._hello()
            async with self._turns().one():
                await self._begin(hello)
            beat = asyncio.create_task(self._beat())
            while True:
                await self._receive(read_frame(await self._text()))
        except (WebSocketDisconnect, TimeoutError, OSError):
            pass
        except HubError as refusal:
            await self._outlet.refuse(refusal)
        finally:
            if beat is not None:
                beat.cancel()
            if self._share is not None:
                shares, key = self._share
                shares.leave(key)
            await self._gone()

    def _count(self, shares: Shares, key: int) -> None:
        """Take one of so many sockets of a colleague or visitor; raises `TooManySockets`."""
        shares.take(str(key))
        self._share = shares, str(key)

    @abstractmethod
    def _turns(self) -> Turns:
        """Who waits with this one to be brought up to date."""

    @abstractmethod
    async def _begin(self, hello: bytes) -> None:
        """Take the hello, and bring the client to where the hub is now."""

    @abstractmethod
    async def _rest(self, seconds: float) -> None:
        """Wait until the next beat."""

    @abstractmethod
    async def _tell(self, news: bytes) -> None:
        """Take short-lived news of the client's."""

    @abstractmethod
    async def _do(self, key: str, verb: str, given: bytes) -> Any:
        """Do what a call asks for; what it is answered."""

    @abstractmethod
    async def _gone(self) -> None:
        """The line has ended, or never began."""

    async def _hello(self) -> bytes:
        async with asyncio.timeout(self._hub.settings.limits.hello_seconds):
            frame = read_frame(await self._text())
        if not frame.hello:
            raise Malformed("The first frame is a hello.")
        return bytes(frame.hello)

    async def _text(self) -> str:
        message = await self._ws.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        text: str | None = message.get("text")
        if text is None:
            raise Malformed("Frames are text.")
        return text

    async def _beat(self) -> None:
        """The hub's clock every 20 seconds, until one of both sides ends."""
        while not (self._stopping.is_set() or self._outlet.closed):
            self._outlet.send(encode({"beat": to_text(self._hub.clock.now())}))
            await self._rest(BEAT_S)
        after = self._arrivals.return_after()
        await self._outlet.end("restarting", "The hub restarts.", again=True, after=after)

    async def _receive(self, frame: Frame) -> None:
        if frame.call is not None:
            await self._call(frame.call, frame)
        elif frame.tell:
            await self._tell(bytes(frame.tell))
        else:
            raise Malformed("A frame holds a call or a tell.")

    async def _call(self, key: str, frame: Frame) -> None:
        answer = self._answers.get(key)
        if answer is None:
            answer = await self._answer(key, frame.do or "", bytes(frame.given or b"{}"))
        self._outlet.send(answer)

    async def _answer(self, key: str, verb: str, given: bytes) -> str:
        try:
            ok = await self._do(key, verb, given)
        except Exception as problem:
            # Not kept: whoever tries again with the same key shall not get an old refusal.
            return encode({"answer": key, "error": problem_of(problem)})
        answer = self._answers[key] = encode({"answer": key, "ok": ok})
        self._answered += len(answer)
        while len(self._answers) > self.answers_kept or self._answered > ANSWERS_BYTES:
            self._answered -= len(self._answers.pop(next(iter(self._answers))))
        return answer
