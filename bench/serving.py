"""`python -m bench.serving FOLDER WAY URL`: a hub as `serve` runs it, but for one thing, to see what that costs."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from bench import at_hand
from bench.dataset.cache import POST
from hub.bootstrap import Hub
from hub.commands.serve import Serving, serve
from hub.config import Settings
from hub.ports.channel import Received
from hub.services.hooks import Hooks

Way = Callable[[Hub, Path], contextlib.AbstractAsyncContextManager[None]]


class Forgetful:
    """Stands where the reader of webhooks stands, and stores nothing."""

    async def offer(self, account_id: int, items: Sequence[Received], cursor: str | None = None) -> int:
        return len(items)


@contextlib.asynccontextmanager
async def no_row(hub: Hub, folder: Path) -> AsyncIterator[None]:
    """Webhooks are checked and answered, and nothing is stored."""
    forgetful: Any = Forgetful()
    hub.hooks = Hooks(hub.accounts, forgetful)
    yield


@contextlib.asynccontextmanager
async def no_events(hub: Hub, folder: Path) -> AsyncIterator[None]:
    """Units store what they store, and tell nobody."""
    hub.db.seal = lambda units: None
    yield


@contextlib.asynccontextmanager
async def mails_at_hand(hub: Hub, folder: Path) -> AsyncIterator[None]:
    """Mails come past all mail servers."""
    async with at_hand.door(hub, folder, POST):
        yield


WAYS: dict[str, Way] = {"no row": no_row, "no events": no_events, "mails at hand": mails_at_hand}


async def run(folder: Path, way: str, database_url: str) -> None:
    # Only here, and only in this process: the program that is measured chooses its own parts.
    from run import PARTS

    @contextlib.asynccontextmanager
    async def changed(hub: Hub) -> AsyncIterator[Callable[[], None]]:
        async with WAYS[way](hub, folder):
            yield lambda: None

    def ready(serving: Serving) -> None:
        print(msgspec.json.encode(serving).decode(), flush=True)

    with contextlib.suppress(asyncio.CancelledError):
        await serve(Settings(data=folder, port=0, database_url=database_url), PARTS, ready, changed)


if __name__ == "__main__":
    uvloop.run(run(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
