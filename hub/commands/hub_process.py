"""Commands that start a hub or prepare its database."""

from __future__ import annotations

import logging
from argparse import Namespace
from typing import TYPE_CHECKING

import msgspec

from hub.commands.checks.configuration import check_configuration
from hub.commands.session import Outcome, Session
from hub.commands.tree import Tree

if TYPE_CHECKING:
    from hub.commands.serve import Serving


logger = logging.getLogger(__name__)


async def run_hub(session: Session, given: Namespace) -> Outcome:
    # Here and below only now, so that the other commands start sooner.
    from hub.commands.serve import serve

    def ready(serving: Serving) -> None:
        print(msgspec.json.encode(serving).decode() if getattr(given, "json", False) else _where(serving), flush=True)

    for finding in check_configuration(session.settings):
        if finding.level != "ok":
            logger.warning("%s", finding.sentence(), extra={"action": "setting_doubtful"})
    await serve(session.settings, session.parts, ready)
    return Outcome(value={"stopped": True}, text="")


async def migrate(session: Session, given: Namespace) -> Outcome:
    from hub.bootstrap import build

    with session.folder.locked():
        await build(session.settings, session.parts.channels(), session.parts.shops())
    return Outcome(value={"migrated": True}, text="The database has the newest schema.")


def _where(serving: Serving) -> str:
    lines = [f"Onethread is here: {serving.url}"]
    if serving.setup_link:
        lines.append(f"Nobody can sign in yet. Who opens this link becomes the administrator:\n{serving.setup_link}")
    return "\n".join(lines)


def grow(tree: Tree) -> None:
    """Add these commands to the tree."""
    serving = tree.command(
        "serve",
        run_hub,
        "run the hub until it is told to stop; migrates its database first",
        example="serve --port 9000",
    )
    serving.add_argument(
        "--test-clock", action="store_true", default=None, help="allow `clock set` to move the hub's clock"
    )
    tree.command("migrate", migrate, "bring the database to the newest schema", example="migrate --data /srv/onethread")
