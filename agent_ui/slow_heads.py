"""How uvicorn is started so that half-sent, endless and unfinished requests cost nothing."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

SECONDS = 10.0
HEAD_BYTES = 32 * 1024


class GuardedHttp(HttpToolsProtocol):
    """Closes a connection whose request head is late or too long. A body is the application's to watch."""

    _alarm: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._alarm is not None:
            self._head += len(data)
            # One that is complete in this very packet is judged by the parser.
            if self._head > HEAD_BYTES and b"\r\n\r\n" not in data:
                self._cut()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        # The application starts after this packet: of most requests nothing more is to come then.
        self.scope["state"]["is_whole"] = True
        super().on_message_complete()

    def _expect_head(self) -> None:
        self._stop_waiting()
        self._head = 0
        self._alarm = self.loop.call_later(SECONDS, self._cut)

    def _stop_waiting(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _cut(self) -> None:
        self._stop_waiting()
        self.transport.abort()


class GuardedSocket(WebSocketsSansIOProtocol):
    """Lets the application give up on a client that reads nothing, and write a frame that many get as it is."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["state"] |= {"abort": self.transport.abort, "write_now": self.write_now}

    def write_now(self, packed: bytes) -> bool:
        """Write a whole frame at once; False where it has to wait its turn, or the line ends."""
        if self.close_sent or self.transport.is_closing() or not self.writable.is_set():
            return False
        self.transport.write(packed)
        return True


class HidesRefusedSockets(logging.Filter):
    """A socket that was refused with an answer is no error, and a stranger must not fill the log with it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "ASGI callable returned without completing handshake" not in record.getMessage()


_hides_refused_sockets = HidesRefusedSockets()


def server_options() -> dict[str, Any]:
    """What `uvicorn.Config` is given beside the application and where to listen."""
    logging.getLogger("uvicorn.error").addFilter(_hides_refused_sockets)
    return {
        "http": GuardedHttp,
        "ws": GuardedSocket,
        "ws_per_message_deflate": False,
        # A long draft with its surroundings; each call has narrower limits of its own.
        "ws_max_size": 1024 * 1024,
        "server_header": False,
        # Whom a proxy speaks for is judged by the guards.
        "proxy_headers": False,
        "timeout_keep_alive": 15,
    }
