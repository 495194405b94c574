"""What nodes tell each other in passing: "there is more in the log", who is looking, who is typing. Never truth."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

import msgspec

logger = logging.getLogger(__name__)

CHANNEL = "onethread"
RECONNECT_S = 1.0
# A node says so often that it is there; one that was not heard for so long is gone.
ALIVE_S = 2.0
SILENT_S = 8.0
GOODBYE_S = 1.0


# What buses say among themselves. `joined` and `left` are nobody else's to tell.
_OWN_KINDS = {"hello", "alive", "bye", "joined", "left"}


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """What one node tells all.

    `more`: the log has grown. `offered`: something waits to be read. `presence`, `seats`: who does what at which
    customer. `rates`: how often somebody came. `visitor`, `here`: is this visitor with you, and they are. Each node's
    own bus tells `joined` of another that listens from now on and knows nothing yet, and `left` of one that is gone.
    """

    kind: str
    node: str
    body: dict[str, object] = {}


Listener = Callable[[Hint], None]


class Bus:
    """The bus of one node alone: hints go to its own listeners."""

    def __init__(self, node: str) -> None:
        self.node = node
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    @property
    def is_shared(self) -> bool:
        """Whether other nodes hear what is published, as far as is known."""
        return False

    def publish(self, kind: str, body: dict[str, object] | None = None) -> None:
        """Tell every node, this one included. May be lost; nothing depends on it but speed."""
        self._tell(Hint(kind=kind, node=self.node, body=body or {}))

    def _tell(self, hint: Hint) -> None:
        for listener in self._listeners:
            try:
                listener(hint)
            except Exception:
                logger.exception("A listener of the bus failed", extra={"action": "hint_failed"})

    async def run(self) -> None:
        """Nothing to hold open for one node."""


class RedisBus(Bus):
    """Hints over the publish/subscribe of Valkey or Redis."""

    def __init__(self, node: str, url: str) -> None:
        super().__init__(node)
        # Only a cluster needs this library.
        from redis import RedisError
        from redis.asyncio import Redis

        self._redis = Redis.from_url(url, socket_timeout=None)
        self._away = (OSError, RedisError)
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue(maxsize=1000)
        # When the other nodes were heard last.
        self._peers: dict[str, float] = {}
        self._listening = False

    @property
    def is_shared(self) -> bool:
        return bool(self._peers)

    def publish(self, kind: str, body: dict[str, object] | None = None) -> None:
        super().publish(kind, body)
        self._put(kind, body or {})

    def _put(self, kind: str, body: dict[str, object]) -> None:
        """Have the other nodes told."""
        try:
            self._outgoing.put_nowait(self._encoded(kind, body))
        except asyncio.QueueFull:
            # The bus is slow; the log is polled anyway.
            return

    def _encoded(self, kind: str, body: dict[str, object]) -> bytes:
        return msgspec.json.encode(Hint(kind=kind, node=self.node, body=body))

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send())
                tasks.create_task(self._receive())
                tasks.create_task(self._beat())
        finally:
            with contextlib.suppress(*self._away, TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._redis.publish(CHANNEL, self._encoded("bye", {}))
            await self._redis.aclose()

    async def _beat(self) -> None:
        """Say that this node is there, and notice which others are not any more."""
        while True:
            await asyncio.sleep(ALIVE_S)
            if self._listening:
                self._put("alive", {})
            now = time.monotonic()
            for node in [node for node, heard in self._peers.items() if heard < now - SILENT_S]:
                self._lose(node)

    def _lose(self, node: str) -> None:
        if self._peers.pop(node, None) is not None:
            self._tell(Hint(kind="left", node=node))

    async def _send(self) -> None:
        while True:
            message = await self._outgoing.get()
            try:
                await self._redis.publish(CHANNEL, message)
            except self._away as problem:
                logger.warning("The bus is away: %s", type(problem).__name__, extra={"action": "bus_away"})
                await asyncio.sleep(RECONNECT_S)

    async def _receive(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        self._take(message)
            except self._away as problem:
                logger.warning("The bus is away: %s", type(problem).__name__, extra={"action": "bus_away"})
                self._listening = False
                await asyncio.sleep(RECONNECT_S)

    def _take(self, message: dict[str, object]) -> None:
        body = message.get("data")
        if message.get("type") == "subscribe":
            # Only now: what the others answer would not have been heard before.
            self._listening = True
            self._put("hello", {})
        if message.get("type") != "message" or not isinstance(body, bytes):
            return
        try:
            hint = msgspec.json.decode(body, type=Hint)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Somebody else's words on our channel.
            return
        if hint.node != self.node:
            self._hear(hint)

    def _hear(self, hint: Hint) -> None:
        """A hint of another node: at least that it is there."""
        if hint.kind == "bye":
            self._lose(hint.node)
            return
        is_new = hint.kind == "hello" or hint.node not in self._peers
        self._peers[hint.node] = time.monotonic()
        if is_new:
            self._tell(Hint(kind="joined", node=hint.node))
        if hint.kind not in _OWN_KINDS:
            self._tell(hint)
