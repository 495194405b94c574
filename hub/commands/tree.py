"""The tree of commands: options that all have, a help text and an example for each."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub.commands.session import Run

if TYPE_CHECKING:
    from argparse import _SubParsersAction

OPTIONS = (
    ("--data", "DIR", "the data folder (./data)"),
    ("--host", "ADDRESS", "where the hub listens (127.0.0.1)"),
    ("--port", "NUMBER", "the port it listens on (8000); 0 takes a free one"),
    ("--database-url", "URL", "postgresql://… instead of SQLite in the data folder"),
    ("--bus-url", "URL", "redis://… between the nodes of a cluster"),
    ("--files", "PLACE", "a folder that all nodes share, or s3://bucket/prefix (DATA/files)"),
    ("--public-url", "URL", "how people reach the hub, for links (http://HOST:PORT)"),
    ("--trusted-proxies", "LIST", "addresses whose X-Forwarded-… headers are believed"),
    ("--log-format", "FORMAT", "json, text or auto: text on a terminal, else JSON (auto)"),
    ("--log-level", "LEVEL", "the least that is logged: debug, info, warning, error (info)"),
)


class Tree:
    """Commands and groups of commands."""

    def __init__(self, description: str) -> None:
        self._common = _common()
        self._parser = ArgumentParser(description=description, parents=[self._common])
        self._commands = self._parser.add_subparsers(required=True, metavar="COMMAND")

    def group(self, name: str, summary: str) -> Group:
        """Commands that share their first word."""
        parser = self._commands.add_parser(name, help=summary, description=summary, parents=[self._common])
        return Group(parser.add_subparsers(required=True, metavar="COMMAND"), self._common)

    def command(self, name: str, run: Run, summary: str, *, example: str) -> ArgumentParser:
        """A command of one word."""
        return Group(self._commands, self._common).command(name, run, summary, example=example)

    def parse(self, arguments: Sequence[str] | None) -> Namespace:
        return self._parser.parse_args(arguments)


class Group:
    """A place for commands."""

    def __init__(self, commands: _SubParsersAction[ArgumentParser], common: ArgumentParser) -> None:
        self._commands = commands
        self._common = common

    def command(self, name: str, run: Run, summary: str, *, example: str) -> ArgumentParser:
        """A command; `example` is what follows the program's name."""
        parser = self._commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=f"example:\n  onethread {example}",
            formatter_class=RawDescriptionHelpFormatter,
            parents=[self._common],
        )
        parser.set_defaults(run=run)
        return parser


def _common() -> ArgumentParser:
    """Options before or after the command. One that is not given leaves no trace, so that neither hides the other."""
    common = ArgumentParser(add_help=False, argument_default=SUPPRESS)
    group = common.add_argument_group(
        "common options", "each also as a variable ONETHREAD_…, as in ONETHREAD_PORT=9000"
    )
    for name, metavar, words in OPTIONS:
        group.add_argument(name, metavar=metavar, help=words)
    group.add_argument("--json", action="store_true", help="print machine-readable output")
    return common
