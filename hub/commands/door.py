"""Lets connections in from a listening socket, several at each turn of the loop."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

logger = logging.getLogger(__name__)

# The loop's own server lets one in a turn, and the more there is to do the longer a turn takes: of thousands that come
# back at once most would give up at the door.
AT_A_TURN = 64
# Where no file can be opened any more, somebody has to leave first.
REST_S = 0.5


class Door:
    """Stands where uvicorn's own server would. Open until it is closed."""

    def __init__(self, listener: socket.socket, made: Callable[[], asyncio.Protocol]) -> None:
        self._listener = listener
        self._made = made
        self._loop = asyncio.get_running_loop()
        self._coming: set[asyncio.Task[object]] = set()
        self._is_open = True
        listener.setblocking(False)
        self._watch()

    def close(self) -> None:
        self._is_open = False
        self._loop.remove_reader(self._listener)

    async def wait_closed(self) -> None:
        """Nobody comes in any more."""
        if self._coming:
            await asyncio.wait(self._coming)

    def _watch(self) -> None:
        if self._is_open:
            self._loop.add_reader(self._listener, self._let_in)

    def _let_in(self) -> None:
        for _ in range(AT_A_TURN):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:
                # Gone before its turn.
                continue
            except OSError as problem:
                logger.warning("Nobody is let in just now: %s", problem.strerror, extra={"action": "door_shut"})
                self._loop.remove_reader(self._listener)
                self._loop.call_later(REST_S, self._watch)
                return
            connection.setblocking(False)
            task: asyncio.Task[object] = self._loop.create_task(self._bring(connection))
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def _bring(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._made, connection)
        except OSError:
            connection.close()
