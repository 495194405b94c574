"""Stored payloads turned into what they say, several at once; filing them is the reader's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from hub.errors import Unavailable
from hub.files import Files
from hub.ports.channel import Channel
from hub.ports.commerce import NumberedOrder
from hub.ports.message import InboundMessage, Item
from hub.services.accounts import Accounts
from hub.services.intake import Files_, Intake, bare_of


class NoConnector(Unavailable):
    """The connector that reads this is not installed."""

    code = "no_connector"


class Payload(msgspec.Struct, kw_only=True):
    """A stored payload, its account, and what is in it: messages with their files, orders, or why nobody knows."""

    row: Any
    account: Any
    items: Sequence[tuple[Item, Files_]] = ()
    orders: Sequence[NumberedOrder] = ()
    problem: Exception | None = None


class Payloads:
    """Reads payloads through the connectors that know them."""

    def __init__(self, files: Files, intake: Intake, accounts: Accounts, channels: Mapping[str, Channel]) -> None:
        self._files = files
        self._intake = intake
        self._accounts = accounts
        self._channels = channels
        # Large ones are held in memory one at a time.
        self._large = asyncio.Lock()

    async def read(self, stored: Iterable[tuple[Any, Any]]) -> list[Payload]:
        """Read these rows, each with its account; one that cannot be read says why."""
        payloads = [Payload(row=row, account=account) for row, account in stored]
        await asyncio.gather(*map(self._read, payloads))
        return payloads

    async def _read(self, payload: Payload) -> None:
        row = payload.row
        try:
            if row.file is None:
                await self._understand(payload, row.body)
            else:
                async with self._large:
                    await self._understand(payload, await self._files.get(row.file))
        except Exception as problem:
            payload.problem = problem

    async def _understand(self, payload: Payload, body: bytes) -> None:
        account, headers = payload.account, msgspec.json.decode(payload.row.headers)
        if account.channel in self._accounts.shops:
            payload.orders = self._accounts.shops[account.channel].parse(self._accounts.open(account), body, headers)
        elif account.channel in self._channels:
            items = await self._channels[account.channel].read(self._accounts.open(account), body, headers)
            payload.items = [(await self._bare(item), await self._files_of(item)) for item in items]
        else:
            raise NoConnector(f"There is no connector “{account.channel}”.")

    async def _bare(self, item: Item) -> Item:
        return await bare_of(item) if isinstance(item, InboundMessage) else item

    async def _files_of(self, item: Item) -> Files_:
        return await self._intake.store_files(item.attachments) if isinstance(item, InboundMessage) else ()
