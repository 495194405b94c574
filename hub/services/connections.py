"""Keeps the connections that channels hold themselves: one task per account, restarted when its settings change."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from hub.errors import HubError
from hub.ports.channel import Channel
from hub.services.accounts import Accounts
from hub.services.log import Event
from hub.services.reader import Reader

logger = logging.getLogger(__name__)

RESTART_S = 5.0


class Connections:
    """Runs `Channel.run` of every account."""

    def __init__(self, accounts: Accounts, reader: Reader, channels: Mapping[str, Channel]) -> None:
        self._accounts = accounts
        self._reader = reader
        self._channels = channels
        self._running: dict[int, tuple[str, asyncio.Task[None]]] = {}
        self._changed = asyncio.Event()

    def on_events(self, events: list[Event]) -> None:
        """Look again when an account was added, changed or removed."""
        if any(event.kind in {"account.changed", "account.removed"} for event in events):
            self._changed.set()

    async def run(self) -> None:
        """Hold the connections until cancelled."""
        try:
            while True:
                self._changed.clear()
                try:
                    await self._match()
                except HubError:
                    logger.exception("Accounts could not be read", extra={"action": "connections_failed"})
                    await asyncio.sleep(RESTART_S)
                    continue
                await self._changed.wait()
        finally:
            await self._stop(list(self._running))

    async def _match(self) -> None:
        """Bring what runs in line with the accounts there are."""
        wanted = {row.id: row for row in await self._accounts.every() if row.channel in self._channels}
        settings = {i: f"{row.settings}|{row.secrets}|{row.label}" for i, row in wanted.items()}
        await self._stop([i for i, (mark, _) in self._running.items() if settings.get(i) != mark])
        for account_id, row in wanted.items():
            if account_id not in self._running:
                self._running[account_id] = (settings[account_id], asyncio.create_task(self._hold(row)))

    async def _stop(self, ids: list[int]) -> None:
        tasks = [self._running.pop(i)[1] for i in ids]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hold(self, row: Any) -> None:
        channel = self._channels[row.channel]
        while True:
            try:
                return await channel.run(self._accounts.open(row), self._reader.receiver(row.id))
            except Exception as problem:
                logger.exception("A connection broke", extra={"action": "connection_broke", "account": row.name})
                with contextlib.suppress(HubError):
                    await self._accounts.set_state(row.id, "failing", type(problem).__name__)
                await asyncio.sleep(RESTART_S)
