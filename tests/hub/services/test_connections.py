"""Connections that accounts hold: restarted when their settings change, and on one node of a cluster at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.bootstrap import Hub
from hub.clock import Clock
from hub.config import Settings
from hub.database import Database
from hub.keyring import Keyring
from hub.ports.channel import Account, Received, Receiver
from hub.services import leases
from hub.services.leases import LeaseLost
from tests.hub.fake_channel import FakeChannel, payload
from tests.hub.world import KEY, World, a_mail, rows_of
from tests.parts.databases import postgres_database
from tests.parts.postgres import Postgres

ACCOUNTS = rows_of("accounts")
INTAKE = rows_of("intake")


class Mailbox(FakeChannel):
    """Holds a connection, and hands over what it was given to take things in with."""

    def __init__(self) -> None:
        super().__init__()
        self.held: asyncio.Queue[tuple[Account, Receiver]] = asyncio.Queue()
        self.open = 0

    async def run(self, account: Account, receive: Receiver) -> None:
        self.open += 1
        self.held.put_nowait((account, receive))
        try:
            await receive.state("ok")
            await asyncio.Event().wait()
        finally:
            self.open -= 1

    async def receiver(self) -> Receiver:
        async with asyncio.timeout(30):
            return (await self.held.get())[1]


class Node:
    """One hub of a cluster at its connections."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.mailbox = Mailbox()
        self.hub = Hub(Settings(data=folder), Keyring(KEY), db, {"fake": self.mailbox}, {})
        self.work = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for work in (self.hub.leases.run, self.hub.connections.run, self.hub.log.run):
                tasks.create_task(work())

    async def freeze(self) -> None:
        """It renews nothing any more, and does not know it: as a process that is stopped for a while."""
        for listener in list(self.hub.leases._listeners):
            self.hub.leases._listeners.remove(listener)
        self.hub.leases.keep = _never  # type: ignore[method-assign]

    async def stop(self) -> None:
        self.work.cancel()
        await asyncio.wait([self.work])
        await self.hub.leases.stop()


async def _never() -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def node(db: Database, folder: Path) -> AsyncIterator[Node]:
    one = Node(db, folder)
    try:
        yield one
    finally:
        await one.stop()


@pytest.fixture(name="cluster")
async def open_cluster(
    postgres_template: Postgres, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """A database with one mailbox, whose leases run out within a second."""
    monkeypatch.setattr(leases, "LEASE_S", 1.0)
    monkeypatch.setattr(leases, "_MS", 1000)
    monkeypatch.setattr(leases, "EVERY_S", 0.1)
    async with postgres_database(postgres_template, clock) as db:
        hub = Hub(Settings(data=tmp_path), Keyring(KEY), db, {"fake": FakeChannel()}, {})
        await hub.accounts.save("mail", "fake", {"address": "mail@shop.example"})
        yield db


async def stored(db: Database) -> list[str]:
    return [row.external_id for row in await db.view(lambda rd: rd.all(INTAKE))]


async def mailbox_row(db: Database) -> Any:
    (row,) = await db.view(lambda rd: rd.all(ACCOUNTS))
    return row


def raw(name: str) -> Received:
    return Received(provider_id=name, body=payload(a_mail(name)))


async def test_one_node_holds_a_mailbox_and_the_other_takes_over_when_it_falls_silent(
    cluster: Database, tmp_path: Path
) -> None:
    async with node(cluster, tmp_path) as one:
        first = await one.mailbox.receiver()
        async with node(cluster, tmp_path) as other:
            await first([raw("first")], "1")
            await one.freeze()

            second = await other.mailbox.receiver()
            await second([raw("second")], "2")

            assert await stored(cluster) == ["first", "second"]


async def test_a_holder_that_was_away_too_long_commits_neither_items_nor_cursor_nor_state(
    cluster: Database, tmp_path: Path
) -> None:
    async with node(cluster, tmp_path) as holder:
        late = await holder.mailbox.receiver()
        async with node(cluster, tmp_path) as heir:
            await holder.freeze()
            await (await heir.mailbox.receiver())([raw("in time")], "7")

        with pytest.raises(LeaseLost):
            await late([raw("too late")], "3")
        with pytest.raises(LeaseLost):
            await late.state("failing", "It hangs.")

        row = await mailbox_row(cluster)
        assert (row.cursor, row.state, await stored(cluster)) == ("7", "ok", ["in time"])


async def test_a_node_that_stops_hands_over_without_waiting(cluster: Database, tmp_path: Path) -> None:
    async with node(cluster, tmp_path) as one:
        await one.mailbox.receiver()
        async with node(cluster, tmp_path) as other:
            await one.stop()

            await other.mailbox.receiver()
            assert (one.mailbox.open, other.mailbox.open) == (0, 1)


async def test_changed_settings_and_a_removed_account_are_followed(world: World) -> None:
    """Alone on SQLite or on PostgreSQL, without waiting for anything."""
    mailbox = Mailbox()
    hub = Hub(Settings(data=world.hub.settings.data), Keyring(KEY), world.db, {"fake": mailbox}, {})
    await hub.accounts.remove("sales")
    await hub.log.start()
    async with asyncio.TaskGroup() as tasks:
        work = [tasks.create_task(each()) for each in (hub.leases.run, hub.connections.run, hub.log.run)]
        await mailbox.receiver()

        await hub.accounts.save("mail", "fake", {"address": "new@shop.example"})
        async with asyncio.timeout(30):
            account, _ = await mailbox.held.get()
        for task in work:
            task.cancel()

    assert account.settings["address"] == "new@shop.example"
    assert mailbox.open == 0
