"""The command `demo`: a hub with a story in it, and the way to be rid of it at once."""

from __future__ import annotations

import contextlib
import shutil
from argparse import Namespace
from collections.abc import AsyncIterator, Callable

import msgspec

from demo.people import COLLEAGUES
from demo.stage import NOTES, on_stage, read_notes
from hub.bootstrap import Hub
from hub.commands.errors import Fault
from hub.commands.serve import Serving, serve
from hub.commands.session import Outcome, Session
from hub.commands.tree import Tree

STEP = 100


async def show(session: Session, given: Namespace) -> Outcome:
    settings = msgspec.structs.replace(session.settings, demo=True, test_clock=True)
    notes = settings.data / NOTES
    if given.remove:
        return remove(session)
    if not notes.exists() and (settings.data / "onethread.db").exists():
        raise Fault(f"{settings.data} holds a hub's own data. Show the demo in another folder: --data DIR.")

    @contextlib.asynccontextmanager
    async def beside(hub: Hub) -> AsyncIterator[Callable[[], None]]:
        session.say("Telling six months of Feldweg ...")
        async with on_stage(hub, progress) as begin:
            yield begin

    def progress(done: int, of: int) -> None:
        if done % STEP == 0:
            session.say(f"  {done} of {of}")

    def ready(serving: Serving) -> None:
        print(_where(serving, read_notes(notes).password), flush=True)

    await serve(settings, session.parts, ready, beside)
    return Outcome(value={"stopped": True}, text="")


def remove(session: Session) -> Outcome:
    """Delete the demo's data, which is a folder of its own, marked as the demo's."""
    folder = session.settings.data
    if not (folder / NOTES).exists():
        raise Fault(f"There is no demo in {folder}.")
    with session.folder.locked():
        shutil.rmtree(folder)
    return Outcome(value={"removed": str(folder)}, text="The demo and all its data are gone.")


def _where(serving: Serving, password: str) -> str:
    _, name, email, _ = COLLEAGUES[0]
    return "\n".join(
        (
            "",
            f"Onethread is here, with the story of a small shop and two visitors who write just now: {serving.url}",
            "",
            f"  the agents' console   {serving.url}/",
            f"      sign in as {name}:  {email}",
            f"      password:  {password}",
            f"  the shop's page       {serving.url}/demo-shop",
            "",
            "Write in the shop's chat and answer in the console. Ctrl+C stops it; `demo --remove` deletes it.",
        )
    )


def grow(tree: Tree) -> None:
    """Add this command to the tree."""
    showing = tree.command(
        "demo", show, "run a hub with a shop's story in it, to look around", example="demo --port 9000"
    )
    showing.add_argument("--remove", action="store_true", help="delete the demo and all its data")
