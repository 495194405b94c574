"""One browser of a crowd, as the hub sees it: says hello, answers pings, counts what it is told, and comes back."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import re
import socket
import struct
from typing import Any

import msgspec

from bench.load.numbered import MARK, read

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
# As the console's and the widget's own code waits (`agent_ui/shared/socket.ts`).
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_SPREAD, _SILENCE = 0.5, 15.0, 120.0, 45.0
_UNREAD = 1 << 12
_POSITION = re.compile(rb'"position":"([^"]+)"')


class Count(msgspec.Struct):
    """What a process of the crowd has seen; the parent reads it as JSON."""

    open: int = 0
    # Times that somebody came back, and times that a console was given a snapshot instead of what it had missed.
    returns: int = 0
    anew: int = 0
    gaps: int = 0
    doubles: int = 0
    # Widgets that were taken for somebody else when they came back.
    strangers: int = 0
    # The least that any console has heard of; all of them have heard of everything up to it.
    heard: int = 0


class Member(asyncio.Protocol):
    """A socket that is opened again whenever it ends, until its process does."""

    path = ""
    headers: tuple[str, ...] = ()

    def __init__(self, port: int, count: Count) -> None:
        self._port = port
        self._count = count
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._is_open = False
        self._in_step = False
        self._tries = 0
        self._after = 0.0
        self.was_here = False
        self.came = asyncio.Event()

    def hello(self) -> dict[str, Any]:
        raise NotImplementedError

    def take(self, text: bytes) -> None:
        """A frame that brings this member up to date, or further."""
        raise NotImplementedError

    async def come(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_SILENCE):
                line, _ = await loop.create_connection(lambda: self, "127.0.0.1", self._port)
        except (OSError, TimeoutError):
            self._come_again()
        else:
            loop.call_later(_SILENCE, self._give_up, line)

    def _give_up(self, line: asyncio.Transport) -> None:
        """Begin again where the hub has said nothing for so long."""
        if line is self._transport and not self._in_step:
            line.abort()

    def local_port(self) -> int:
        return 0 if self._transport is None else int(self._transport.get_extra_info("sockname")[1])

    def read(self, on: bool) -> None:
        """Go on reading, or read nothing any more; the system shall not read much for us either."""
        if self._transport is None:
            return
        if on:
            self._transport.resume_reading()
        else:
            line = self._transport.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UNREAD)
            self._transport.pause_reading()

    # --- the line ---

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport, self._rest, self._is_open, self._after = transport, b"", False, 0.0
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (f"GET {self.path} HTTP/1.1", "host: localhost", "connection: Upgrade", "upgrade: websocket")
        more = (f"sec-websocket-key: {key}", "sec-websocket-version: 13", *self.headers, "", "")
        transport.write("\r\n".join((*lines, *more)).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._in_step:
            self._count.open -= 1
        self._transport, self._in_step = None, False
        self._come_again()

    def _come_again(self) -> None:
        ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self._tries)
        self._tries += 1
        pause = min(self._after, _LONGEST_SPREAD) if self._after else ceiling * random.uniform(0.5, 1)
        loop = asyncio.get_running_loop()
        loop.call_later(pause, lambda: loop.create_task(self.come()))

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if not self._is_open and not self._shake_hands():
            return
        while (found := _frame(self._rest)) is not None:
            kind, start, end = found
            body, self._rest = self._rest[start:end], self._rest[end:]
            self._receive(kind, body)

    def _shake_hands(self) -> bool:
        head, end, rest = self._rest.partition(b"\r\n\r\n")
        if not end:
            return False
        if b" 101 " not in head.partition(b"\r\n")[0]:
            self._hang_up()
            return False
        self._rest, self._is_open = rest, True
        self._send(_TEXT, msgspec.json.encode({"hello": self.hello()}))
        return True

    def _receive(self, kind: int, body: bytes) -> None:
        if kind == _PING:
            self._send(_PONG, body)
        elif kind == _CLOSE:
            self._hang_up()
        elif body.startswith(b'{"over"'):
            self._after = msgspec.json.decode(body)["over"].get("after", 0.0)
            self._hang_up()
        elif body.startswith((b'{"snapshot"', b'{"events"')):
            self._step(body)

    def _step(self, body: bytes) -> None:
        self.take(body)
        if not self._in_step:
            self._in_step, self._tries = True, 0
            self._count.open += 1
            self._count.returns += self.was_here
            self.was_here = True
            self.came.set()

    def _send(self, kind: int, body: bytes) -> None:
        if self._transport is not None:
            self._transport.write(_packed(kind, body))

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()


class ConsoleMember(Member):
    """A colleague's console: what it is told is numbered without a gap, and nothing comes twice."""

    path = "/console/socket"

    def __init__(self, port: int, count: Count, cookie: str, position: str | None, delays_ms: list[float]) -> None:
        super().__init__(port, count)
        self.headers = (f"cookie: __Host-session={cookie}",)
        self._position = position
        self._delays_ms = delays_ms
        self.heard = 0

    def hello(self) -> dict[str, Any]:
        return {"position": self._position} if self._position else {"watch": {"view": "open"}}

    def take(self, text: bytes) -> None:
        self._position = _POSITION.findall(text)[-1].decode()
        if text.startswith(b'{"snapshot"'):
            self._count.anew += self.was_here
        elif MARK in text:
            self._hear(text)

    def _hear(self, text: bytes) -> None:
        for number, delay in read(text):
            if number <= self.heard:
                self._count.doubles += 1
            elif number > self.heard + 1:
                self._count.gaps += 1
            self.heard = max(self.heard, number)
            if self._in_step:
                self._delays_ms.append(delay * 1000)


class WidgetMember(Member):
    """A visitor's widget, which says nothing; the token it was given makes it the same visitor again."""

    path = "/widget/socket"

    def __init__(self, port: int, count: Count) -> None:
        super().__init__(port, count)
        self._token = ""

    def hello(self) -> dict[str, Any]:
        return {"account": "web", "token": self._token or None}

    def take(self, text: bytes) -> None:
        if not text.startswith(b'{"snapshot"'):
            return
        token: str = msgspec.json.decode(text)["snapshot"]["token"]
        self._count.strangers += self._token not in {"", token}
        self._token = token


def _frame(rest: bytes) -> tuple[int, int, int] | None:
    """The kind of the first frame and where its body lies; None while it is not all there."""
    if len(rest) < 2:
        return None
    length, start = rest[1] & 127, 2
    if length == 126:
        start = 4
        if len(rest) < start:
            return None
        length = int.from_bytes(rest[2:4], "big")
    elif length == 127:
        start = 10
        if len(rest) < start:
            return None
        length = int.from_bytes(rest[2:10], "big")
    return (rest[0] & 15, start, start + length) if len(rest) >= start + length else None


def _packed(kind: int, body: bytes) -> bytes:
    """A client's whole frame, its mask all zeros, which changes nothing."""
    size = len(body)
    first = 0x80 | kind
    head = bytes((first, 0x80 | size)) if size < 126 else struct.pack("!BBH", first, 0x80 | 126, size)
    return head + b"\0\0\0\0" + body
