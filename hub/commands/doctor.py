"""Examines an installation, running or not, and names a remedy for everything that is not well."""

from __future__ import annotations

import logging
import os
from argparse import Namespace
from collections import Counter

from hub.commands.checks import GIGABYTE, Finding, fault
from hub.commands.errors import Usage
from hub.commands.session import Outcome, Session
from hub.commands.tree import Tree
from hub.config import PREFIX, Settings

_MARKS = {"ok": "ok     ", "warning": "warning", "fault": "FAULT  "}


async def examine(session: Session, given: Namespace) -> Outcome:
    from hub.commands.checks.examination import examination

    # What it finds it says itself.
    logging.getLogger("hub").setLevel(logging.CRITICAL)
    try:
        found = await examination(session, _said(given), int(given.least_free * GIGABYTE))
    except Usage as problem:
        found = [fault("configuration", str(problem).rstrip("."), "Mend it, and look again.")]
    lines = [_line(finding) for finding in found]
    levels = Counter(finding.level for finding in found)
    summary = f"Faults: {levels['fault']}. Warnings: {levels['warning']}. Well: {levels['ok']}."
    return Outcome(value=found, text="\n".join([*lines, summary]), status=int(levels["fault"] > 0))


def _said(given: Namespace) -> set[str]:
    """The settings that are named on the command line; a port may be named in the environment."""
    in_environment = {"port"} if os.environ.get(f"{PREFIX}PORT") else set()
    return {name for name in Settings.__struct_fields__ if hasattr(given, name)} | in_environment


def _line(finding: Finding) -> str:
    return f"{_MARKS[finding.level]}  {finding.sentence()}"


def grow(tree: Tree) -> None:
    """Add this command to the tree."""
    examining = tree.command(
        "doctor",
        examine,
        "look for faults and name a remedy for each; ends with 1 when there is one",
        example="doctor --data /srv/onethread",
    )
    examining.add_argument(
        "--least-free", type=float, default=1.0, metavar="GB", help="how much room the disk must have (1)"
    )
