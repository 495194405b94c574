"""The demo as `demo` runs it, without its two visitors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from connectors import found
from demo import notes as kept
from demo.letterbox import Letterbox
from demo.stage import on_stage
from demo.teller import Progress
from hub.bootstrap import Hub, build, running
from hub.config import Settings


def settings_of(folder: Path) -> Settings:
    """What `demo` gives its hub."""
    return Settings(data=folder, demo=True, test_clock=True)


def begun(folder: Path) -> kept.Notes:
    folder.mkdir(exist_ok=True)
    return kept.open_or_begin(folder)


@asynccontextmanager
async def the_demo(
    folder: Path, progress: Progress = lambda told, of: None, letterbox: Letterbox | None = None
) -> AsyncIterator[Hub]:
    """The demo in its folder, told if it was not."""
    notes = begun(folder)
    hub = await build(settings_of(folder), found.channels(), found.shops())
    async with running(hub), on_stage(hub, notes, progress, letterbox or Letterbox()):
        yield hub
