"""The command line: `run.py X`, and once installed `onethread X`. Chooses the connectors and the pages of the hub."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import uvloop

from bench import command as bench
from connectors import found
from demo import command as demo
from hub import logs
from hub.commands import agents, channels, clock, doctor, hub_process, imports, tokens
from hub.commands.errors import Fault, Usage, sentence
from hub.commands.parts import Parts
from hub.commands.session import Outcome, Session
from hub.commands.tree import Tree

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from hub.bootstrap import Hub
    from hub.limits import Limits

DESCRIPTION = "Customer service in one lifelong conversation per customer, on every channel, beside their orders."


# Pages are loaded by the commands that show them: the others start in half the time.


def site(hub: Hub) -> Starlette:
    from agent_ui.app import create_app

    return create_app(hub)


def server_options(limits: Limits) -> Mapping[str, Any]:
    from agent_ui.slow_heads import server_options as options

    return options(limits)


def bundle_fault() -> str:
    from agent_ui.assets import NoBundle, manifest

    try:
        manifest()
    except NoBundle as problem:
        return problem.detail
    return ""


PARTS = Parts(
    channels=found.channels,
    shops=found.shops,
    site=site,
    server_options=server_options,
    bundle_fault=bundle_fault,
)


def command_tree() -> Tree:
    tree = Tree(DESCRIPTION)
    for commands in (hub_process, agents, tokens, channels, imports, doctor, clock, demo, bench):
        commands.grow(tree)
    return tree


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what it ends with."""
    given = command_tree().parse(arguments)
    session = Session(given, PARTS, say)
    begin_log(session)
    # What the hub writes is for its owner alone.
    os.umask(0o077)
    try:
        outcome = uvloop.run(given.run(session, given))
    except Exception as problem:
        told = sentence(problem)
        if told is None:
            raise
        print(told, file=sys.stderr)
        return problem.status if isinstance(problem, Fault) else 1
    return shown(outcome, given)


def begin_log(session: Session) -> None:
    """Write the log as the settings say; the command itself tells what is wrong with them."""
    try:
        logs.begin(session.settings.log_format, session.settings.log_level)
    except Usage:
        logs.begin()


def shown(outcome: Outcome, given: Namespace) -> int:
    """Print what a command found."""
    if getattr(given, "json", False):
        print(msgspec.json.encode(outcome.value).decode())
    elif outcome.text:
        print(outcome.text)
    return outcome.status


def say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
