"""Webhooks of providers and shops: checked over the raw bytes, stored, and only then acknowledged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from hub.errors import Forbidden
from hub.ports.channel import Received
from hub.ports.errors import Misconfigured, Refused
from hub.services.accounts import Accounts
from hub.services.payloads import NoConnector
from hub.services.reader import Reader


class NotGenuine(Forbidden):
    """This did not come from whom this account expects."""

    code = "not_genuine"


class Hooks:
    """Takes a webhook for one account."""

    def __init__(self, accounts: Accounts, reader: Reader) -> None:
        self._accounts = accounts
        self._reader = reader

    async def take(self, name: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Safe when it returns, and read later. Raises `NoSuchAccount`, or `NotGenuine`: then nothing was stored."""
        row = await self._accounts.named(name)
        connector = self._accounts.shops.get(row.channel) or self._accounts.channels.get(row.channel)
        if connector is None:
            raise NoConnector
        try:
            connector.verify(self._accounts.open(row), body, headers)
        except (Refused, Misconfigured) as refusal:
            raise NotGenuine(refusal.reason) from refusal
        # A provider that did not hear our answer brings the same again, under the same id or with the same bytes.
        provider_id = headers.get("webhook-id") or "hook:" + hashlib.sha256(body).hexdigest()
        await self._reader.offer(row.id, [Received(provider_id=provider_id, body=body, headers=dict(headers))])
