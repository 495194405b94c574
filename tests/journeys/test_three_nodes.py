"""Three nodes behind a proxy, killed and started again at random under load: what is acknowledged is there once."""

import asyncio
import base64
import itertools
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from connectors import found
from hub.bootstrap import Hub
from hub.clock import Clock
from hub.config import Settings
from hub.keyring import Keyring
from hub.services.sessions import open_session
from tests.hub.fake_channel import FakeProvider
from tests.hub.world import KEY, Words, World
from tests.journeys.nodes import (
    PATIENCE_S,
    ApiSender,
    Console,
    MailSender,
    Node,
    Sender,
    VisitorSender,
    WebhookSender,
    at_work,
    until,
)
from tests.parts.databases import postgres_database
from tests.parts.dovecot import Dovecot
from tests.parts.postgres import Postgres
from tests.parts.proxy import Proxy, proxy
from tests.parts.valkey import Valkey

# How often nodes die; `make faults` goes on for minutes.
FEW = int(os.environ.get("CLUSTER_TEST_KILLS", "5"))
MANY = 100
SEED = int(os.environ.get("CLUSTER_TEST_SEED", "7"))
SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()


@dataclass
class Cluster:
    """Three nodes, their database, and a hub at it that does no work."""

    world: World
    nodes: list[Node]
    url: str
    mailbox: str
    store: Dovecot
    load: asyncio.Event = field(default_factory=asyncio.Event)

    async def senders(self, http: httpx2.AsyncClient) -> list[Sender]:
        token = (await self.world.hub.tokens.create(None, name="Shop")).text
        return [
            *(ApiSender(f"api{i}", self.load, http, token) for i in range(4)),
            *(WebhookSender(f"hook{i}", self.load, http, SECRET) for i in range(2)),
            *(MailSender(f"mail{i}", self.load, self.store, self.mailbox) for i in range(2)),
            *(VisitorSender(f"visitor{i}", self.load, self.url) for i in range(2)),
        ]

    async def console(self) -> Console:
        secret = Keyring.new_secret()
        await self.world.db.unit(open_session, secret, (await self.world.colleague()).id, "")
        return Console(f"{self.url}/console/socket", secret)

    async def looks_into_its_mailbox(self) -> bool:
        state: str = (await self.account()).state
        return state == "ok"

    async def account(self) -> Any:
        """The mailbox's row."""
        [row] = [row for row in await self.world.hub.accounts.every() if row.name == "support"]
        return row

    async def has_one_holder(self) -> bool:
        """Whether all that is held is held by one node."""
        live = Words("SELECT DISTINCT holder FROM leases WHERE until > EXTRACT(EPOCH FROM clock_timestamp()) * 1000")
        return len(await self.world.db.view(live)) == 1

    async def holder_of(self, name: str) -> str:
        """The node that holds this now."""
        rows = await self.world.table("leases")
        return next((row.holder for row in rows if row.name == name), "")


@pytest.fixture(name="cluster")
async def start_cluster(
    postgres_template: Postgres, valkey_server: Valkey, mail_store: Dovecot, clock: Clock, tmp_path: Path
) -> AsyncIterator[Cluster]:
    async with postgres_database(postgres_template, clock) as db, proxy() as (front, url):
        hub = Hub(Settings(data=tmp_path / "none"), Keyring(KEY), db, found.channels(), found.shops())
        await hub.prepare()
        mailbox = mail_store.new_mailbox("support")
        await hub.accounts.save("support", "email", _mailbox(mailbox, mail_store))
        await hub.accounts.save("shop", "generic", {"webhook_secret": SECRET})
        [[name]] = await World(hub, FakeProvider()).sql("SELECT current_database()")
        variables = {
            "ONETHREAD_DATABASE_URL": postgres_template._url_of(name),
            "ONETHREAD_BUS_URL": valkey_server.url,
            "ONETHREAD_FILES": str(tmp_path / "files"),
            "ONETHREAD_KEY": base64.urlsafe_b64encode(KEY).decode(),
        }
        async with started(tmp_path, variables, front) as nodes:
            cluster = Cluster(World(hub, FakeProvider()), nodes, url, mailbox, mail_store)
            # What is in a mailbox before is its past, and read another way.
            await until(cluster.looks_into_its_mailbox)
            yield cluster


def _mailbox(address: str, store: Dovecot) -> dict[str, str]:
    imap = {"imap_host": store.host, "imap_port": str(store.imap_port), "imap_security": "none"}
    return {"address": address, "imap_password": store.password, "smtp_host": store.host, **imap}


@asynccontextmanager
async def started(folder: Path, variables: dict[str, str], front: Proxy) -> AsyncIterator[list[Node]]:
    nodes = [Node(f"node{i}", folder, variables, front) for i in range(3)]
    try:
        await asyncio.gather(*(node.start() for node in nodes))
        yield nodes
    finally:
        await asyncio.gather(*(node.stop() for node in nodes))


async def kill_at_random(nodes: list[Node], deaths: int) -> None:
    """Kill one or two, leave them dead a while, start them again, until so many have died."""
    fate = random.Random(SEED)
    while deaths > 0:
        await asyncio.sleep(fate.uniform(0.2, 2))
        doomed = fate.sample(nodes, fate.choice((1, 2)))
        await asyncio.gather(*(node.kill() for node in doomed))
        deaths -= len(doomed)
        await asyncio.sleep(fate.uniform(0, 1))
        await asyncio.gather(*(node.start() for node in doomed))


async def are_read(cluster: Cluster, count: int) -> bool:
    """Whether so many messages have become entries."""
    [[there]] = await cluster.world.sql("SELECT count(*) FROM entries")
    return int(there) >= count


async def until_told(console: Console, count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(console.told) < count:
            console.changed.clear()
            await console.changed.wait()


def said_by(sender: Sender, entries: list[Any]) -> list[str]:
    """What is there of this sender, in the order of arrival."""
    mine = [entry for entry in entries if entry.text.startswith(f"{sender.name} ")]
    return [entry.text.strip() for entry in sorted(mine, key=lambda entry: (entry.conversation_id, entry.seq))]


async def hold_out(cluster: Cluster, deaths: int) -> None:
    consoles = [await cluster.console() for _ in range(3)]
    async with AsyncExitStack() as stack:
        limits = httpx2.Limits(max_keepalive_connections=0)
        http = await stack.enter_async_context(httpx2.AsyncClient(base_url=cluster.url, limits=limits, timeout=20))
        senders = await cluster.senders(http)
        await stack.enter_async_context(at_work(*(console.run() for console in consoles)))
        await asyncio.gather(*(console.began.wait() for console in consoles))

        cluster.load.set()
        sending = asyncio.gather(*(sender.run() for sender in senders))
        await kill_at_random(cluster.nodes, deaths)
        cluster.load.clear()
        await asyncio.wait_for(sending, PATIENCE_S)

        count = sum(len(sender.acknowledged) for sender in senders)
        await until(are_read, cluster, count)
        for console in consoles:
            await until_told(console, count)

    entries = await cluster.world.table("entries")
    for sender in senders:
        said = said_by(sender, entries)
        assert sender.acknowledged
        assert (said if sender.in_order else sorted(said, key=sender.acknowledged.index)) == sender.acknowledged
    assert len(entries) == count
    for _, group in itertools.groupby(sorted(entries, key=_place), key=lambda entry: entry.conversation_id):
        seqs = [entry.seq for entry in group]
        assert seqs == list(range(1, len(seqs) + 1))
    for console in consoles:
        assert console.told == dict.fromkeys((entry.id for entry in entries), 1)
    assert {row.state for row in await cluster.world.table("intake")} == {"entry"}
    assert sum(console.connected for console in consoles) > len(consoles)


def _place(entry: Any) -> tuple[int, int]:
    return entry.conversation_id, entry.seq


@pytest.mark.timeout(180)
async def test_everything_acknowledged_is_there_once_and_in_order(cluster: Cluster) -> None:
    await hold_out(cluster, FEW)


@pytest.mark.faults
@pytest.mark.timeout(1800)
async def test_the_same_for_minutes(cluster: Cluster) -> None:
    await hold_out(cluster, MANY)


@pytest.mark.timeout(180)
async def test_a_mailbox_is_taken_over_within_15_seconds_of_its_nodes_death(cluster: Cluster) -> None:
    mailbox = f"account:{(await cluster.account()).id}"
    first, *others = cluster.nodes
    for node in others:
        await node.kill()
    await until(cluster.has_one_holder)
    alone = await cluster.holder_of(mailbox)
    await others[0].start()
    dying = first if await cluster.holder_of(mailbox) == alone else others[0]

    await dying.kill()
    killed_at = time.monotonic()
    await MailSender("late", cluster.load, cluster.store, cluster.mailbox).say(1, "late 1")
    await until(are_read, cluster, 1)

    assert time.monotonic() - killed_at < 15
