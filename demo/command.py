"""The command `demo`: a hub with a story in it, and the way to be rid of it at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import msgspec

from demo import notes as kept
from demo.notes import Notes, NotTheDemo
from hub import logs
from hub.commands.errors import Fault
from hub.commands.session import Outcome, Session
from hub.commands.tree import Tree
from hub.data_folder import FolderInUse

if TYPE_CHECKING:
    from hub.bootstrap import Hub
    from hub.commands.serve import Serving

INTERRUPTED = 130


async def show(session: Session, given: Namespace) -> Outcome:
    if given.remove:
        return _remove(session)
    # Only now, so that the other commands start sooner.
    from demo.letterbox import Letterbox
    from demo.stage import on_stage
    from hub.commands.serve import serve

    for ours in logs.OURS:
        logging.getLogger(ours).setLevel(logging.WARNING)
    # The story is the demo's alone: it goes nowhere else than into its own folder.
    settings = msgspec.structs.replace(session.settings, demo=True, test_clock=True, database_url="", bus_url="")
    notes = _notes(session)
    told = notes.told
    letterbox = Letterbox()
    parts = msgspec.structs.replace(session.parts, site=lambda hub: letterbox.beside(session.parts.site(hub)))

    @contextlib.asynccontextmanager
    async def beside(hub: Hub) -> AsyncIterator[Callable[[], None]]:
        async with on_stage(hub, notes, _progress, letterbox) as begin:
            yield begin

    def ready(serving: Serving) -> None:
        print(_where(serving, notes.password), flush=True)

    if not told:
        session.say("Telling six months of a small shop ...")
    try:
        await serve(settings, parts, ready, beside)
    except asyncio.CancelledError:
        # Ctrl+C before the hub takes signals itself.
        text = "Stopped. The next start tells the story from its beginning."
        return Outcome(value={"stopped": True}, text=text, status=INTERRUPTED)
    return Outcome(value={"stopped": True}, text="Stopped. `demo` goes on where it was; `demo --remove` deletes it.")


def _notes(session: Session) -> Notes:
    with session.folder.locked():
        try:
            return kept.open_or_begin(session.folder.path)
        except NotTheDemo:
            path = session.folder.path
            raise Fault(f"{path} holds a hub's own data. Show the demo in another folder: demo --data DIR.") from None


def _progress(told: int, of: int) -> None:
    """One line that fills while people look on."""
    percent = told * 100 // of
    if sys.stderr.isatty() and percent != (told - 1) * 100 // of:
        print(f"\r  {percent} %", end="\n" if told == of else "", file=sys.stderr, flush=True)


def _remove(session: Session) -> Outcome:
    """Delete what the demo made in its folder."""
    folder = session.folder
    if kept.read(folder.path) is None:
        raise Fault(f"There is no demo in {folder.path}.")
    try:
        with folder.locked():
            kept.remove(folder.path)
    except FolderInUse:
        raise Fault(f"The demo is running (process {folder.holder()}). Stop it with Ctrl+C, then remove it.") from None
    return Outcome(value={"removed": str(folder.path)}, text="The demo and all its data are gone.")


def _where(serving: Serving, password: str) -> str:
    from demo.people import COLLEAGUES

    _, name, email, _ = COLLEAGUES[0]
    return f"""
Onethread shows the story of a small shop, and two visitors who write just now.

  The agents' console   {serving.url}/
      sign in as        {email}   ({name})
      password          {password}
  The shop's page       {serving.url}/demo-shop
  The customers' mail   {serving.url}/demo-mail

Write in the shop's chat, answer in the console; what goes on by e-mail arrives in the
customers' mail, and can be answered there. Ctrl+C stops it, `demo --remove` deletes it.
"""


def grow(tree: Tree) -> None:
    """Add this command to the tree."""
    showing = tree.command(
        "demo", show, "run a hub with a shop's story in it, to look around", example="demo --port 9000"
    )
    showing.add_argument("--remove", action="store_true", help="delete the demo and all its data")
