"""A data folder that a hub is about to be started in: migrated, with a colleague signed in and a token."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from hub.clock import Clock
from hub.database import Transaction
from hub.keyring import Keyring
from hub.repositories import agents
from hub.services.sessions import open_session
from hub.services.tokens import add_token
from hub.sqlite import SqliteDatabase


@dataclass(frozen=True)
class Prepared:
    """Where it is, the cookie of its colleague and a token that may do everything."""

    folder: Path
    cookie: str
    token: str

    @property
    def database(self) -> Path:
        return self.folder / "onethread.db"


def prepared(template: Path, folder: Path) -> Prepared:
    folder.mkdir(mode=0o700)
    shutil.copyfile(template, folder / "onethread.db")
    cookie = Keyring.new_secret()

    def fill(tx: Transaction) -> str:
        agent_id = tx.value(agents.add, name="Mara", email=None, role="agent", is_token=False, created_at=tx.now)
        open_session(tx, cookie, agent_id, "")
        return add_token(tx, None, "shop", [], None).text

    async def run() -> str:
        db = SqliteDatabase(folder / "onethread.db", Clock())
        await db.start()
        try:
            return await db.unit(fill)
        finally:
            await db.stop()

    return Prepared(folder, cookie, asyncio.run(run()))
