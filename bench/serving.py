"""`python -m bench.serving FOLDER WAY URL`: a hub as `serve` runs it, with one thing left out to see what it costs."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from hub.bootstrap import Hub
from hub.commands.serve import Serving, serve
from hub.config import Settings
from hub.ports.channel import Received
from hub.services.hooks import Hooks


class Forgetful:
    """Stands where the reader of webhooks stands, and stores nothing."""

    async def offer(self, account_id: int, items: Sequence[Received], cursor: str | None = None) -> int:
        return len(items)


def no_row(hub: Hub) -> None:
    """Webhooks are checked and answered, and nothing is stored."""
    forgetful: Any = Forgetful()
    hub.hooks = Hooks(hub.accounts, forgetful)


def no_events(hub: Hub) -> None:
    """Units store what they store, and tell nobody."""
    hub.db.seal = lambda units: None


WAYS: dict[str, Callable[[Hub], None]] = {"as it is": lambda hub: None, "no row": no_row, "no events": no_events}


async def run(folder: Path, way: str, database_url: str) -> None:
    # Only here, and only in this process: the program that is measured chooses its own parts.
    from run import PARTS

    @contextlib.asynccontextmanager
    async def changed(hub: Hub) -> AsyncIterator[Callable[[], None]]:
        WAYS[way](hub)
        yield lambda: None

    def ready(serving: Serving) -> None:
        print(msgspec.json.encode(serving).decode(), flush=True)

    with contextlib.suppress(asyncio.CancelledError):
        await serve(Settings(data=folder, port=0, database_url=database_url), PARTS, ready, changed)


if __name__ == "__main__":
    uvloop.run(run(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
