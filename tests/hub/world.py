"""A hub around a test's own database, with a working fake channel, and what people do in it, in one line each."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import insert, select

from connectors.channels.generic import GenericChannel
from connectors.channels.phone import PhoneChannel
from connectors.channels.webchat import WebchatChannel
from hub import models
from hub.bootstrap import Hub
from hub.config import Settings
from hub.database import Database, Reading, Statement, Transaction, bound
from hub.keyring import Keyring
from hub.ports.channel import Received
from hub.ports.message import Address, InboundMessage, Item
from hub.repositories import deliveries as deliveries_sql
from hub.repositories import intake as intake_sql
from hub.security import Actor, Role
from hub.services.replies import Reply
from tests.hub.fake_channel import FakeChannel, FakeProvider, payload

KEY = bytes(range(32))
CUSTOMER = "anna@example.com"

_add_agent = Statement(
    insert(models.agents)
    .values(bound(models.agents, "name", "email", "role", "created_at"))
    .returning(models.agents.c.id)
)
_numbers = itertools.count(1)


def number() -> int:
    """One that no other call of this run was given."""
    return next(_numbers)


def rows_of(name: str) -> Statement:
    """All rows of a table, in the order of its key."""
    table = models.metadata.tables[name]
    return Statement(select(table).order_by(*table.primary_key.columns))


class Words:
    """A statement as it stands, for what only a test asks."""

    def __init__(self, sql: str) -> None:
        self._sql = sql

    def __call__(self, tx: Any) -> list[Any]:
        return list(tx._cursor(self._sql, ()).fetchall())


@dataclass
class World:
    """One hub and the people around it."""

    hub: Hub
    provider: FakeProvider
    accounts: dict[str, Any] = field(default_factory=dict)

    @property
    def db(self) -> Database:
        return self.hub.db

    async def open(self) -> None:
        await self.hub.prepare()
        for name in ("mail", "sales"):
            await self.hub.accounts.save(name, "fake", {"address": f"{name}@shop.example"})
        await self.join()

    async def join(self) -> None:
        """Work in a hub that another process has opened."""
        self.accounts = {row.name: row for row in await self.hub.accounts.every()}

    # --- what is there ---

    async def table(self, name: str) -> list[Any]:
        return await self.db.view(lambda rd: rd.all(_TABLES[name]))

    async def entry(self, entry_id: int) -> Any:
        return await self.db.view(lambda rd: self.hub.snapshot.entry(rd, entry_id))

    async def screen(self, customer_id: int) -> Any:
        return await self.db.view(self.hub.snapshot.conversation, customer_id)

    async def sql(self, words: str) -> list[Any]:
        return await self.db.view(Words(words))

    async def execute(self, words: str) -> None:
        await self.db.unit(lambda tx: tx._cursor(words, ()) and None)

    # --- colleagues ---

    async def colleague(self, name: str = "Mara", role: Role = "agent") -> Actor:
        def add(tx: Transaction) -> int:
            agent_id: int = tx.value(
                _add_agent, name=name, email=f"{name.lower()}{number()}@shop.example", role=role, created_at=tx.now
            )
            tx.touch("agents", agent_id)
            return agent_id

        return Actor(id=await self.db.unit(add), name=name, role=role)

    async def base(self, customer_id: int) -> dict[int, int]:
        """What somebody who looks at this customer now has seen."""
        screen = await self.screen(customer_id)
        base = {conversation.id: 0 for conversation in screen.customer.conversations}
        for entry in screen.entries:
            base[entry.conversation_id] = max(base[entry.conversation_id], entry.seq)
        return base

    async def reply(self, actor: Actor, customer_id: int, text: str = "Yes.", **more: Any) -> Any:
        """A colleague answers having seen everything; the entry."""
        base = more.pop("base", None) or await self.base(customer_id)
        key = more.pop("client_key", f"key-{number()}")
        reply = Reply(customer=customer_id, base=base, text=text, client_key=key, **more)
        entry_id, _ = await self.hub.replies.send(actor, reply)
        return await self.entry(entry_id)

    async def deliver(self) -> None:
        """Send all that is due now."""
        while await self.db.view(_is_due):
            await self.hub.delivery.work()
            await self.hub.delivery.settled()

    # --- customers ---

    async def mail(self, text: str = "Hello", sender: str = CUSTOMER, **more: Any) -> Any:
        """A customer's mail arrives and is read; the entry it became, None when it became none."""
        entries = await self.offer(a_mail(text, sender, **more))
        return entries[0]

    async def offer(self, *items: Item, account: str = "mail", provider_id: str = "") -> list[Any]:
        """Raw payloads arrive one by one and are read; the entries they became."""
        ids = [provider_id or f"raw-{number()}" for _ in items]
        received = [Received(provider_id=i, body=payload(item)) for i, item in zip(ids, items, strict=True)]
        await self.hub.reader.offer(self.accounts[account].id, received)
        await self.hub.reader.read_on()
        return [await self._became(account, i) for i in ids]

    async def _became(self, account: str, provider_id: str) -> Any:
        account_id = self.accounts[account].id
        row = await self.db.view(lambda rd: rd.one(intake_sql.offered, account_id=account_id, external_id=provider_id))
        return None if row.entry_id is None else await self.entry(row.entry_id)

    async def visitor(self) -> int:
        visitor_id, _ = await self.hub.visitors.begin(self.accounts["web"])
        return visitor_id

    async def look(self, visitor_id: int) -> list[str]:
        """A visitor's browser is here and has all that was written to it; the texts in its window."""
        await self.hub.visitors.came(visitor_id)
        messages = (await self.hub.visitors.window(visitor_id)).messages
        if messages:
            await self.hub.visitors.got(visitor_id, self.accounts["web"].id, messages[-1].id)
        return [message.text for message in messages]

    async def chat(self, visitor_id: int, text: str = "Hello", key: str = "") -> Any:
        """A visitor writes; the entry."""
        message = await self.hub.visitors.say(visitor_id, self.accounts["web"], text, (), key or f"key-{number()}")
        return await self.entry(self.hub.visitors.screen.entry_of(message.id))

    def token_to(self, entry: Any) -> str:
        """The reply token that went out with an answer."""
        return self.hub.keyring.reply_token(entry.delivery.id)


def a_mail(text: str = "Hello", sender: str = CUSTOMER, **more: Any) -> InboundMessage:
    """A mail nobody has proven, unless `more` says so."""
    external_id = more.pop("external_id", f"<{number()}@client.example>")
    name = more.pop("name", "")
    return InboundMessage(
        external_id=external_id,
        sender=Address(kind="email", address=sender, name=name),
        text=text,
        own_ids=more.pop("own_ids", (external_id,)),
        body_hash=more.pop("body_hash", text),
        **more,
    )


def a_hub(db: Database, data: Any, provider: FakeProvider, **settings: Any) -> Hub:
    """A hub on an open database; its commands and worker are the test's to start."""
    channels = {
        "fake": FakeChannel(provider),
        "generic": GenericChannel(),
        "phone": PhoneChannel(),
        "webchat": WebchatChannel(),
    }
    return Hub(Settings(data=data, **settings), Keyring(KEY), db, channels, {})


def plain(shape: Any) -> Any:
    """A shape as it stands in JSON."""
    return msgspec.json.decode(msgspec.json.encode(shape))


async def at_once(calls: Sequence[Any]) -> list[Any]:
    """Start all together and wait for all."""
    return list(await asyncio.gather(*calls))


def _is_due(rd: Reading) -> bool:
    """Whether something is to be sent now."""
    return any(row.state in {"queued", "scheduled"} for row in rd.all(deliveries_sql.due, now=rd.now, full=[]))


_TABLES = {name: rows_of(name) for name in models.metadata.tables}
