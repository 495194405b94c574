"""The real servers and the browser that tests may ask for by name."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser

from tests.parts.browser import chromium
from tests.parts.dovecot import Dovecot, dovecot
from tests.parts.postgres import Postgres, postgres
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


@pytest.fixture(name="browser")
async def run_browser() -> AsyncIterator[Browser]:
    """A Chromium of this test's own."""
    async with chromium() as running_browser:
        yield running_browser
