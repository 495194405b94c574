"""Accounts: configured instances of channels and shops, their secrets sealed, their state in sight."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from hub.database import Database, Reading, Transaction
from hub.errors import Invalid, NotFound
from hub.keyring import Keyring
from hub.ports.channel import Account, Channel, Probe, Setting
from hub.ports.commerce import Commerce
from hub.repositories import accounts as sql
from hub.services.actors import Remembered
from hub.services.log import Event

# They exist from the start: the API's own channel, the shop's widget, and what colleagues note by hand.
BUILT_IN = (("api", "generic"), ("web", "webchat"), ("phone", "phone"))


class NoSuchAccount(NotFound):
    """There is no such account."""

    code = "no_such_account"


def by_name(rd: Reading, name: str) -> Any:
    """The account row with this name; raises `NoSuchAccount`."""
    row = rd.first(sql.by_name, name=name)
    if row is None or row.gone:
        raise NoSuchAccount(f"There is no account “{name}”.")
    return row


def add_built_in(tx: Transaction) -> None:
    """Make the accounts that exist from the start."""
    for name, channel in BUILT_IN:
        tx.run(sql.add_if_missing, name=name, channel=channel, label="", settings="{}", secrets="", created_at=tx.now)


def set_state(tx: Transaction, account_id: int, state: str, reason: str) -> None:
    """Note how an account's connection is doing; tells colleagues only when it changed."""
    if tx.run(sql.set_state, account_id=account_id, state=state, state_reason=reason):
        tx.touch("accounts", account_id)
        tx.announce("account.state_changed")


def _save(tx: Transaction, name: str, channel: str, label: str, settings: str, secrets: str) -> int:
    account_id: int | None = tx.value(
        sql.add, name=name, channel=channel, label=label, settings=settings, secrets=secrets, created_at=tx.now
    )
    if account_id is None:
        raise Invalid(f"“{name}” is an account of another channel.")
    tx.touch("accounts", account_id)
    tx.announce("account.changed")
    return account_id


class Accounts:
    """Reads, adds, tests and removes accounts."""

    def __init__(
        self, db: Database, keyring: Keyring, channels: Mapping[str, Channel], shops: Mapping[str, Commerce]
    ) -> None:
        self._db = db
        self._keyring = keyring
        self.channels = channels
        self.shops = shops
        self._named: Remembered[dict[str, Any]] = Remembered(db.clock)

    def on_events(self, events: list[Event]) -> None:
        """Forget what is remembered of the accounts when one of them changed, on whatever node."""
        if any(event.kind.startswith("account.") for event in events):
            self._named.forget()

    def declared(self, channel: str) -> tuple[Setting, ...]:
        """The settings that a channel or shop declares; raises `NotFound` for an unknown one."""
        port = self.channels.get(channel) or self.shops.get(channel)
        if port is None:
            raise NotFound(f"There is no channel “{channel}”. Known: {', '.join([*self.channels, *self.shops])}.")
        return port.settings

    async def save(self, name: str, channel: str, settings: Mapping[str, str], label: str = "") -> int:
        """Add an account or change its settings; a secret left out keeps its value."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,40}", name):
            raise Invalid("An account's name is made of a–z, 0–9, - and _.")
        declared = {setting.key: setting for setting in self.declared(channel)}
        for key in settings:
            if key not in declared:
                raise Invalid(f"“{channel}” has no setting “{key}”. It has: {', '.join(declared)}.")
        before = await self._before(name)
        values = before | {key: value for key, value in settings.items() if value != ""}
        missing = [key for key, setting in declared.items() if setting.required and not values.get(key)]
        if missing:
            raise Invalid(f"These settings are missing: {', '.join(missing)}.")
        plain = {key: value for key, value in values.items() if not declared[key].secret}
        secret = {key: value for key, value in values.items() if declared[key].secret}
        sealed = self._keyring.encrypt(msgspec.json.encode(secret).decode(), _about(name)) if secret else ""
        account_id = await self._db.unit(_save, name, channel, label, msgspec.json.encode(plain).decode(), sealed)
        self._named.forget()
        return account_id

    async def _before(self, name: str) -> dict[str, str]:
        row = await self._db.view(lambda rd: rd.first(sql.by_name, name=name))
        return dict(self.open(row).settings) if row is not None else {}

    def open(self, row: Any) -> Account:
        """The account as connectors see it, its secrets decrypted."""
        settings = msgspec.json.decode(row.settings)
        if row.secrets:
            settings |= msgspec.json.decode(self._keyring.decrypt(row.secrets, _about(row.name)))
        return Account(name=row.name, channel=row.channel, label=row.label, settings=settings)

    async def get(self, name: str) -> Account:
        return self.open(await self._db.view(by_name, name))

    async def named(self, name: str) -> Any:
        """The account row with this name, remembered for a moment; raises `NoSuchAccount`."""
        rows = self._named.get("")
        if rows is None:
            asked_in = self._named.round()
            rows = {row.name: row for row in await self.every()}
            self._named.put("", rows, asked_in)
        if name not in rows:
            raise NoSuchAccount(f"There is no account “{name}”.")
        return rows[name]

    async def every(self, *, gone: bool = False) -> list[Any]:
        """All account rows; those that were removed only with `gone`."""
        rows = await self._db.view(lambda rd: rd.all(sql.every))
        return [row for row in rows if gone or not row.gone]

    async def test(self, name: str) -> list[Probe]:
        """Try the account against the real other side, step by step."""
        account = await self.get(name)
        channel = self.channels.get(account.channel)
        return list(await channel.test(account)) if channel else []

    async def remove(self, name: str) -> None:
        """Take an account out of use; what was said through it stays."""
        row = await self._db.view(by_name, name)

        def remove(tx: Transaction) -> None:
            tx.run(sql.remove, account_id=row.id)
            tx.touch("accounts", row.id)
            tx.announce("account.removed")

        await self._db.unit(remove)
        self._named.forget()

    async def set_state(self, account_id: int, state: str, reason: str = "") -> None:
        await self._db.unit(set_state, account_id, state, reason)


def _about(name: str) -> str:
    return f"accounts|secrets|{name}"
