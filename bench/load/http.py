"""One connection that asks a hub and reads its answers. Requests are made before, so that sending one costs little."""

from __future__ import annotations

import socket
from collections.abc import Mapping

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class BadAnswer(Exception):
    """The hub did not answer as the load expects."""


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class HttpLine:
    """A connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""
        self.began = 0.0

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, asked: bytes) -> None:
        self._socket.sendall(asked)

    def receive(self) -> tuple[int, bytes] | None:
        """Read what is there: the status and body of the answer once it is complete."""
        part = self._socket.recv(1 << 16)
        if not part:
            raise BadAnswer("The hub closed a connection.")
        self._read += part
        head, end, body = self._read.partition(_HEAD_END)
        if not end or len(body) < (length := _length_of(head)):
            return None
        self._read = body[length:]
        return int(head[9:12]), body[:length]

    def ask(self, asked: bytes) -> tuple[int, bytes]:
        """Send and wait."""
        self.send(asked)
        while (answer := self.receive()) is None:
            pass
        return answer

    def close(self) -> None:
        self._socket.close()


def _length_of(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(_LENGTH)
    if at < 0:
        return 0
    return int(lowered[at + len(_LENGTH) :].partition(b"\r\n")[0])
