"""What nodes tell each other in passing: "there is more in the log", who is looking, who is typing. Never truth."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

logger = logging.getLogger(__name__)

CHANNEL = "onethread"
RECONNECT_S = 1.0


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """`more`: the log has grown. `presence`: who does what at which customer, from which node."""

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

    def publish(self, kind: str, body: dict[str, object] | None = None) -> None:
        super().publish(kind, body)
        try:
            self._outgoing.put_nowait(msgspec.json.encode(Hint(kind=kind, node=self.node, body=body or {})))
        except asyncio.QueueFull:
            # The bus is slow; the log is polled anyway.
            return

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send())
                tasks.create_task(self._receive())
        finally:
            await self._redis.aclose()

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
                await asyncio.sleep(RECONNECT_S)

    def _take(self, message: dict[str, object]) -> None:
        body = message.get("data")
        if message.get("type") != "message" or not isinstance(body, bytes):
            return
        try:
            hint = msgspec.json.decode(body, type=Hint)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Somebody else's words on our channel.
            return
        if hint.node != self.node:
            self._tell(hint)
