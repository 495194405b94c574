"""Keeps the connections that channels hold themselves: one task per account, on the node that holds its lease.

It is restarted when the account's settings change.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from hub.errors import HubError
from hub.ports.channel import Channel
from hub.services.accounts import Accounts
from hub.services.leases import LeaseLost, Leases
from hub.services.log import Event
from hub.services.reader import Reader

logger = logging.getLogger(__name__)

RESTART_S = 5.0
LEASE = "account:"


def lease_of(account_id: int) -> str:
    """What a node holds that keeps this account's connection and reads what came for it."""
    return f"{LEASE}{account_id}"


class Connections:
    """Runs `Channel.run` of every account."""

    def __init__(self, accounts: Accounts, reader: Reader, channels: Mapping[str, Channel], leases: Leases) -> None:
        self._accounts = accounts
        self._reader = reader
        self._channels = channels
        self._leases = leases
        leases.listen(self._look_again)
        self._running: dict[int, tuple[str, asyncio.Task[None]]] = {}
        self._changed = asyncio.Event()

    def on_events(self, events: list[Event]) -> None:
        """Look again when an account was added, changed or removed."""
        if any(event.kind in {"account.changed", "account.removed"} for event in events):
            self._changed.set()

    def ours(self) -> list[int] | None:
        """The accounts that this node holds; None: all of them."""
        held = self._leases.names(LEASE)
        return None if held is None else [int(account_id) for account_id in held]

    def _look_again(self) -> None:
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
        rows = await self._accounts.every(gone=True)
        # What came for an account that was removed since is still to be read.
        self._leases.want("accounts", [lease_of(row.id) for row in rows])
        wanted = {row.id: row for row in rows if row.channel in self._channels and not row.gone}
        fences = {i: fence for i in wanted if (fence := self._leases.fence(lease_of(i))) is not None}
        marks = {i: f"{fence}|{(row := wanted[i]).settings}|{row.secrets}|{row.label}" for i, fence in fences.items()}
        await self._stop([i for i, (mark, _) in self._running.items() if marks.get(i) != mark])
        for account_id, mark in marks.items():
            if account_id not in self._running:
                holding = asyncio.create_task(self._hold(wanted[account_id], fences[account_id]))
                self._running[account_id] = (mark, holding)

    async def _stop(self, ids: list[int]) -> None:
        tasks = [self._running.pop(i)[1] for i in ids]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hold(self, row: Any, fence: int) -> None:
        channel = self._channels[row.channel]
        receiver = self._reader.receiver(row.id, self._leases.guard(lease_of(row.id), fence))
        while True:
            try:
                return await channel.run(self._accounts.open(row), receiver)
            except LeaseLost:
                # Another node holds it, and will tell how it is doing.
                return
            except Exception as problem:
                logger.exception("A connection broke", extra={"action": "connection_broke", "account": row.name})
                with contextlib.suppress(HubError):
                    await receiver.state("failing", type(problem).__name__)
                await asyncio.sleep(RESTART_S)
