"""A hub at work with its whole application, and programs that speak to it."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from agent_ui.app import create_app
from connectors import found
from hub.bootstrap import Hub, build, running
from hub.clock import Clock
from hub.config import Settings
from hub.services.company import Company

Connect = Callable[..., Awaitable[httpx2.AsyncClient]]


@pytest.fixture(name="database_url")
def use_sqlite() -> str:
    """A module of tests that are to run on PostgreSQL overrides this."""
    return ""


@pytest.fixture(name="hub")
async def run_hub(tmp_path: Path, clock: Clock, database_url: str, sqlite_template: Path) -> AsyncIterator[Hub]:
    settings = Settings(data=tmp_path / "data", database_url=database_url)
    settings.data.mkdir()
    if not database_url:
        shutil.copyfile(sqlite_template, settings.data / "onethread.db")
    hub = await build(settings, found.channels(), found.shops(), clock)
    async with running(hub):
        await hub.set_company(Company(name="Lindmark", country="DE"))
        yield hub


@pytest.fixture(name="app")
def make_app(hub: Hub) -> Starlette:
    return create_app(hub)


@pytest.fixture(name="connect")
async def make_connect(hub: Hub, app: Starlette) -> AsyncIterator[Connect]:
    """Connects a program: with a token of these scopes, or, with `token=""`, without one."""
    async with AsyncExitStack() as stack:

        async def connect(*scopes: str, token: str | None = None, client: str = "203.0.113.9") -> httpx2.AsyncClient:
            if token is None:
                token = (await hub.tokens.create(None, name="shop", scopes=scopes)).text
            headers = {"authorization": f"Bearer {token}"} if token else {}
            transport = httpx2.ASGITransport(app=app, client=(client, 4711))
            made = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers)
            return await stack.enter_async_context(made)

        yield connect


@pytest.fixture(name="api")
async def connect_administrator(connect: Connect) -> httpx2.AsyncClient:
    """A program that may do all that an administrator may."""
    return await connect()


@pytest.fixture(name="stranger")
async def connect_stranger(connect: Connect) -> httpx2.AsyncClient:
    """Somebody without a token."""
    return await connect(token="")
