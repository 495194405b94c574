"""Webhooks of providers and shops: checked over the raw bytes, stored, and only then acknowledged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from hub.database import Database, Transaction
from hub.errors import Forbidden, Invalid
from hub.ports.channel import Received
from hub.ports.commerce import NumberedOrder
from hub.ports.errors import Refused, Unreadable
from hub.services.accounts import Accounts, NoSuchAccount
from hub.services.orders import put
from hub.services.reader import Reader


class NotGenuine(Forbidden):
    """This did not come from whom this account expects."""

    code = "not_genuine"


def put_orders(tx: Transaction, source: str, orders: list[NumberedOrder]) -> int:
    """Take over the orders of one webhook; how many there were."""
    for item in orders:
        put(tx, source, item.number, item.order)
    return len(orders)


class Hooks:
    """Takes a webhook for one account."""

    def __init__(self, db: Database, accounts: Accounts, reader: Reader) -> None:
        self._db = db
        self._accounts = accounts
        self._reader = reader

    async def take(self, name: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Safe when it returns. Raises `NoSuchAccount`, or `NotGenuine`, and then nothing was stored."""
        row = next((row for row in await self._accounts.every() if row.name == name), None)
        if row is None:
            raise NoSuchAccount
        account = self._accounts.open(row)
        shop = self._accounts.shops.get(row.channel)
        try:
            if shop is not None:
                shop.verify(account, body, headers)
                await self._db.unit(put_orders, name, shop.parse(account, body, headers))
                return
            self._accounts.channels[row.channel].verify(account, body, headers)
        except Unreadable as problem:
            raise Invalid(problem.reason) from problem
        except Refused as refusal:
            raise NotGenuine(refusal.reason) from refusal
        # A provider that did not hear our answer brings the same again, under the same id or with the same bytes.
        provider_id = headers.get("webhook-id") or "hook:" + hashlib.sha256(body).hexdigest()
        await self._reader.offer(row.id, [Received(provider_id=provider_id, body=body, headers=dict(headers))])
