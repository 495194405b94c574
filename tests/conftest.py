"""The real servers and the browser that tests may ask for by name."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from playwright.async_api import Browser

from hub.clock import Clock
from hub.database import Database
from tests.parts.browser import chromium
from tests.parts.databases import make_postgres_template, make_sqlite_template, postgres_database, sqlite_database
from tests.parts.demo import the_demo
from tests.parts.dovecot import Dovecot, dovecot
from tests.parts.postgres import Postgres, postgres
from tests.parts.s3 import Bucket, s3
from tests.parts.smtp import MailServer, mail_server
from tests.parts.valkey import Valkey, valkey


@pytest.fixture(name="mail_store", scope="session")
def run_mail_store() -> Iterator[Dovecot]:
    """One Dovecot for all tests of a worker; each test takes `mail_store.new_mailbox()`."""
    with dovecot() as server:
        yield server


@pytest.fixture(name="outgoing_mail")
async def run_outgoing_mail() -> AsyncIterator[MailServer]:
    """A mail server that takes what the hub sends and keeps it."""
    async with mail_server() as server:
        yield server


@pytest.fixture(name="postgres_server", scope="session")
def run_postgres_server() -> Iterator[Postgres]:
    """One PostgreSQL for all tests of a worker."""
    with postgres() as server:
        yield server


@pytest.fixture(name="postgres_url")
def create_postgres_database(postgres_server: Postgres) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(name="valkey_server")
def run_valkey_server() -> Iterator[Valkey]:
    """A Valkey of this test's own."""
    with valkey() as server:
        yield server


@pytest.fixture(name="bucket")
def run_s3() -> Iterator[Bucket]:
    """An empty bucket of this test's own."""
    with s3() as bucket:
        yield bucket


@pytest.fixture(name="clock")
def create_clock() -> Clock:
    """The hub's clock, which the test may move."""
    return Clock(movable=True)


@pytest.fixture(name="sqlite_template", scope="session")
def migrate_sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema, to be copied."""
    return make_sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(name="postgres_template", scope="session")
def migrate_postgres_template(postgres_server: Postgres) -> Postgres:
    """The PostgreSQL server, with a template of the newest schema in it."""
    make_postgres_template(postgres_server)
    return postgres_server


@pytest.fixture(name="sqlite")
async def open_sqlite(sqlite_template: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Database]:
    """A migrated SQLite database of this test's own."""
    async with sqlite_database(sqlite_template, tmp_path, clock) as database:
        yield database


@pytest.fixture(name="told_demo", scope="session")
def tell_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo's story was told; tests look at it, or change a copy."""
    folder = tmp_path_factory.mktemp("demo") / "data"

    async def tell() -> None:
        async with the_demo(folder):
            pass

    asyncio.run(tell())
    return folder


@pytest.fixture(name="closed_db", params=["sqlite", "postgres"])
def prepare_database(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock
) -> AbstractAsyncContextManager[Database]:
    """A migrated database of either kind, not yet open. PostgreSQL starts only for the tests that reach it."""
    if request.param == "sqlite":
        return sqlite_database(request.getfixturevalue("sqlite_template"), tmp_path, clock)
    return postgres_database(request.getfixturevalue("postgres_template"), clock)


@pytest.fixture(name="db")
async def open_database(closed_db: AbstractAsyncContextManager[Database]) -> AsyncIterator[Database]:
    """A migrated database of this test's own; the test runs once on each kind."""
    async with closed_db as database:
        yield database


@pytest.fixture(name="chromium", scope="session")
async def run_chromium() -> AsyncIterator[Browser]:
    """One Chromium for all tests of a worker."""
    async with chromium() as running_browser:
        yield running_browser


@pytest.fixture(name="browser")
async def borrow_browser(chromium: Browser) -> AsyncIterator[Browser]:
    """A browser in which each person is a context of their own; the test's people leave with it."""
    yield chromium
    for context in chromium.contexts:
        await context.close()
