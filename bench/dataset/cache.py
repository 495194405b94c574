"""Keeps data sets in a folder: each is built once, and handed out as a copy that is signed in to."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from bench.dataset.postgres import PostgresSink, Server, database_of
from bench.dataset.shop import Shop, Size
from bench.dataset.sinks import SqliteSink
from bench.dataset.writing import Writer
from bench.mails import MAILBOX
from hub.bootstrap import Hub, build
from hub.commands.parts import Parts
from hub.config import Settings
from hub.data_folder import DATABASE, KEY
from hub.schema import newest
from hub.services.company import Company

# The account by which webhooks come.
HOOK = "hook"
# The account by which mails come.
POST = "support"
# Another number makes data sets anew.
_EDITION = 3
_ABOUT = "about.json"
_HALF_A_DAY_MS = 12 * 3_600_000
_SIGN_IN_AGAIN = "UPDATE sessions SET created_at = {0}, last_seen_at = {0}, expires_at = {1}"
_HOOK_SECRET = base64.b64encode(b"the same in every data set, no secret").decode()

Say = Callable[[str], None]


class About(msgspec.Struct, frozen=True):
    """What the bench has to know of a data set: how a program of the shop signs in, and by which account it brings."""

    token: str
    account: int
    hook_secret: str = _HOOK_SECRET


class DataSet(msgspec.Struct, frozen=True):
    """A copy of a data set to work with; `database` names it on a server, '' when it lies in the folder."""

    folder: Path
    shop: Shop
    about: About
    database: str = ""
    database_url: str = ""


class Cache:
    """The folder with the data sets."""

    def __init__(self, folder: Path, parts: Parts, say: Say, database_url: str = "") -> None:
        self._folder = folder
        self._parts = parts
        self._say = say
        self._server = Server(database_url) if database_url else None

    def copy(self, entries: int, into: Path) -> DataSet:
        """A fresh copy of the data set with so many entries, in a folder that is not there yet."""
        edition = f"{_EDITION}_{newest()}"
        if self._server is not None:
            return self._copy_on(self._server, entries, edition, into)
        kept = self._folder / f"{entries}-{edition}"
        if not (kept / _ABOUT).exists():
            self._build(kept, Shop(Size(entries)))
        shutil.copytree(kept, into)
        with contextlib.closing(sqlite3.connect(into / DATABASE)) as db, db:
            db.execute(_SIGN_IN_AGAIN.format("?1", "?2"), _just_now())
        return DataSet(into, Shop(Size(entries)), _about(into))

    def _copy_on(self, server: Server, entries: int, edition: str, into: Path) -> DataSet:
        name = database_of(entries, edition)
        kept = self._folder / f"{entries}-{edition}-postgres"
        if not (kept / _ABOUT).exists() or not server.has(name):
            server.drop(name)
            server.make(name)
            self._build(kept, Shop(Size(entries)), server.url_of(name))
        shutil.copytree(kept, into)
        copied = server.copy(name)
        server.run(copied, _SIGN_IN_AGAIN.format("$1", "$2"), *_just_now())
        return DataSet(into, Shop(Size(entries)), _about(into), copied, server.url_of(copied))

    def drop(self, data: DataSet) -> None:
        """Take a copy away."""
        shutil.rmtree(data.folder)
        if self._server is not None and data.database:
            self._server.drop(data.database)

    def beside(self, data: DataSet, into: Path) -> DataSet:
        """The folder of another node on the same database: it has the same key and nothing else."""
        into.mkdir()
        shutil.copy(data.folder / KEY, into / KEY)
        return msgspec.structs.replace(data, folder=into)

    def add_mailbox(self, data: DataSet) -> int:
        """Give a copy a mailbox whose mails are handed over at the port returned."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        asyncio.run(self._save_mailbox(data, port))
        return port

    async def _save_mailbox(self, data: DataSet, port: int) -> None:
        async with self._hub(Settings(data=data.folder, database_url=data.database_url)) as hub:
            settings = {"address": MAILBOX, "listen": f"127.0.0.1:{port}"}
            await hub.accounts.save(POST, "email", settings)

    def _build(self, kept: Path, shop: Shop, database_url: str = "") -> None:
        began = time.perf_counter()
        self._say(f"Building the data set with {shop.size.entries:,} entries ...")
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        about = asyncio.run(self._begin(Settings(data=kept, database_url=database_url)))
        sink = PostgresSink(database_url) if database_url else SqliteSink(kept / DATABASE)
        Writer(shop, sink, about.account).write()
        sink.close()
        # Last, so that one that was cut short is made anew.
        (kept / _ABOUT).write_bytes(msgspec.json.encode(about))
        self._say(f"  {time.perf_counter() - began:.0f} s")

    async def _begin(self, settings: Settings) -> About:
        """What the hub makes itself: its schema, its own accounts, a token."""
        async with self._hub(settings) as hub:
            await hub.set_company(Company(name="Bench", country="DE"))
            await hub.accounts.save(HOOK, "generic", {"webhook_secret": f"whsec_{_HOOK_SECRET}"})
            token = await hub.tokens.create(None, name="bench")
            accounts = {row.name: row.id for row in await hub.accounts.every()}
            return About(token=token.text, account=accounts["api"])

    @contextlib.asynccontextmanager
    async def _hub(self, settings: Settings) -> AsyncIterator[Hub]:
        hub = await build(settings, self._parts.channels(), self._parts.shops())
        await hub.start()
        try:
            yield hub
        finally:
            await hub.stop()


def _about(folder: Path) -> About:
    return msgspec.json.decode((folder / _ABOUT).read_bytes(), type=About)


def _just_now() -> tuple[int, int]:
    """Sessions end by themselves; those of a copy have just begun."""
    now = time.time_ns() // 1_000_000
    return now, now + _HALF_A_DAY_MS
