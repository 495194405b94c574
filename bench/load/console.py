"""A console's socket as the load sees it: opened like a browser's, then only counted and timed."""

from __future__ import annotations

import base64
import os
import re
import socket
import struct

from bench.dataset.colleagues import session_secret
from bench.load.http import BadAnswer

_TEXT = 0x81
# A larger piece costs more to make room for than to read twice.
_PIECE = 1 << 16
_LONGEST = 1 << 40
FIRST_HELLO = b'{"hello":{"watch":{"view":"open"}}}'
_POSITION = re.compile(rb'"position":"([^"]+)"')
# What one message makes of itself in a frame, exactly once.
MARK = b'"kind":"message.received"'


class Console:
    """One socket. It does not take frames apart while events stream in: it looks for marks in the bytes."""

    def __init__(self, port: int, path: str, cookie: str = "") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._shake_hands(path, cookie)
        self.events = 0
        self.bytes = 0

    def fileno(self) -> int:
        return self._socket.fileno()

    def _shake_hands(self, path: str, cookie: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", "host: localhost", "connection: Upgrade", "upgrade: websocket"]
        lines += [f"sec-websocket-key: {key}", "sec-websocket-version: 13"]
        if cookie:
            lines.append(f"cookie: {cookie}")
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self._rest:
            self._read_more()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise BadAnswer(f"A console was refused: {head[:60]!r}")

    def frame(self) -> bytes:
        """The next frame's text, waited for."""
        while (found := self._whole()) is None:
            self._read_more()
        start, end = found
        text, self._rest = self._rest[start:end], self._rest[end:]
        return text

    def until(self, part: bytes) -> bytes:
        """The next frame with these bytes in it."""
        while part not in (text := self.frame()):
            if b'"over"' in text:
                raise BadAnswer(f"A console was closed: {text[:200]!r}")
        return text

    def receive(self) -> bytes:
        """Read what is there and count the events in it; what was read."""
        part = self._socket.recv(_PIECE)
        if not part:
            raise BadAnswer("The hub closed a console.")
        self.bytes += len(part)
        # A mark may come in two parts.
        seam = self._rest + part
        self.events += seam.count(MARK)
        self._rest = seam[1 - len(MARK) :]
        return part

    def stop_reading(self) -> None:
        """Take little more than what is here already: the kernel shall not read for us."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)

    def send(self, text: bytes) -> None:
        self._socket.sendall(_masked(text))

    def close(self) -> None:
        self._socket.close()

    def _read_more(self) -> None:
        part = self._socket.recv(_PIECE)
        if not part:
            raise BadAnswer("The hub closed a console.")
        self._rest += part

    def _whole(self) -> tuple[int, int] | None:
        """Where the first frame's text begins and ends, None while it is not all there."""
        rest = self._rest
        if len(rest) < 2:
            return None
        length, start = rest[1] & 127, 2
        if length == 126:
            start = 4
            length = int.from_bytes(rest[2:4], "big") if len(rest) >= 4 else _LONGEST
        elif length == 127:
            start = 10
            length = int.from_bytes(rest[2:10], "big") if len(rest) >= 10 else _LONGEST
        return (start, start + length) if len(rest) >= start + length else None


def _masked(text: bytes) -> bytes:
    """A client's frame, its mask all zeros, which changes nothing."""
    size = len(text)
    head = bytes([_TEXT, 0x80 | size]) if size < 126 else struct.pack("!BBH", _TEXT, 0x80 | 126, size)
    return head + b"\0\0\0\0" + text


def sign_in(port: int, number: int, agents: int) -> Console:
    """A console of one of these colleagues, before its hello."""
    return Console(port, "/console/socket", f"__Host-session={session_secret(number % agents + 1)}")


def first_position(port: int, agents: int) -> str:
    """Where the hub's log is now, as a console that begins is told."""
    console = sign_in(port, 0, agents)
    console.send(FIRST_HELLO)
    position: bytes = _POSITION.findall(console.until(b'"snapshot"'))[-1]
    console.close()
    return position.decode()


def open_consoles(port: int, count: int, agents: int) -> list[Console]:
    """Consoles of these colleagues, in turn. The first gets a snapshot; the others say that they were here before."""
    hello = FIRST_HELLO
    consoles: list[Console] = []
    for number in range(count):
        console = sign_in(port, number, agents)
        console.send(hello)
        if not consoles:
            position = _POSITION.findall(console.until(b'"snapshot"'))[-1]
            hello = b'{"hello":{"position":"%s"}}' % position
        consoles.append(console)
    for console in consoles:
        console.until(b'"beat"')
    return consoles
