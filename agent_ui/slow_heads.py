"""How uvicorn is started so that half-sent, endless, unread and too many requests cost nothing."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from hub.limits import Limits

# An answer that is read more slowly than so much in each span is not read.
GETS_ON = 16 * 1024
# So many beyond the bound are told that it is full; who comes then is cut unheard.
TOLD = 200
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n"
    b"content-type: application/problem+json\r\ncontent-length: 77\r\n\r\n"
    b'{"type":"about:blank","title":"Too busy.","status":503,"code":"overloaded"}\r\n'
)
VISITORS = "/widget/"


class GuardedHttp(HttpToolsProtocol):
    """Closes a connection whose request head is late or too long, or whose answer nobody reads.

    A body is the application's to watch.
    """

    limits: ClassVar[Limits] = Limits()

    _alarm: asyncio.TimerHandle | None = None
    _head = 0
    _is_beyond = False
    _reader_alarm: asyncio.TimerHandle | None = None
    _unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        beyond = len(self.connections) - self.limits.connections
        self._is_beyond = beyond > 0
        if beyond > TOLD:
            transport.abort()
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_beyond:
            self.transport.write(FULL)
            self._close()
            return
        if self._alarm is not None:
            self._head += len(data)
            # One that is complete in this very packet is judged by the parser.
            if self._head > self.limits.head_bytes and b"\r\n\r\n" not in data:
                self._cut()
                return
        super().data_received(data)

    # --- the head ---

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
        self._alarm = self.loop.call_later(self.limits.head_seconds, self._cut)

    def _stop_waiting(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _cut(self) -> None:
        self._stop_waiting()
        self.transport.abort()

    # --- the answer ---

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        self._stop_watching()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._close()

    def _watch_reader(self) -> None:
        self._unread = self.transport.get_write_buffer_size()
        self._reader_alarm = self.loop.call_later(self.limits.reader_seconds, self._look_at_reader)

    def _look_at_reader(self) -> None:
        if self._unread - self.transport.get_write_buffer_size() < GETS_ON:
            self.transport.abort()
        else:
            self._watch_reader()

    def _stop_watching(self) -> None:
        if self._reader_alarm is not None:
            self._reader_alarm.cancel()
            self._reader_alarm = None

    def _close(self) -> None:
        """Close once all is read; who reads nothing is waited for no longer than for a part of an answer."""
        self._stop_waiting()
        self._stop_watching()
        self._reader_alarm = self.loop.call_later(self.limits.reader_seconds, self.transport.abort)
        self.transport.close()


class GuardedSocket(WebSocketsSansIOProtocol):
    """Lets go of a client that answers no ping, lets the application give up on one that reads nothing, and write a
    frame that many get as it is."""

    limits: ClassVar[Limits] = Limits()

    def handle_connect(self, event: Request) -> None:
        if event.path.startswith(VISITORS):
            # Anybody may open these, before they have said who they are.
            self.conn.max_message_size = self.limits.visitor_frame_bytes
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["state"] |= {"abort": self.transport.abort, "write_now": self.write_now}

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # It would be closed once the client has read all: one that has stopped reads nothing any more.
        self.transport.abort()

    async def run_asgi(self) -> None:
        await super().run_asgi()
        if not self.disconnected:
            # A client that reads nothing never takes leave.
            self.loop.call_later(self.close_timeout, self.transport.abort)

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


def server_options(limits: Limits | None = None) -> dict[str, Any]:
    """What `uvicorn.Config` is given beside the application and where to listen."""
    logging.getLogger("uvicorn.error").addFilter(_hides_refused_sockets)
    limits = limits or Limits()
    return {
        "http": type("LimitedHttp", (GuardedHttp,), {"limits": limits}),
        "ws": type("LimitedSocket", (GuardedSocket,), {"limits": limits}),
        "ws_per_message_deflate": False,
        # A long draft with its surroundings; each call has narrower limits of its own.
        "ws_max_size": limits.frame_bytes,
        "ws_ping_interval": limits.ping_seconds,
        "ws_ping_timeout": limits.ping_seconds,
        "server_header": False,
        # Whom a proxy speaks for is judged by the guards.
        "proxy_headers": False,
        "timeout_keep_alive": 15,
    }
