"""Examines an installation, running or not, and names a remedy for everything that is not well."""

from __future__ import annotations

import asyncio
import logging
from argparse import Namespace
from collections import Counter

from hub.commands.checks import Finding, fault
from hub.commands.checks.configuration import check_configuration
from hub.commands.checks.machine import (
    GIGABYTE,
    check_bundle,
    check_bus,
    check_disk,
    check_folder,
    check_key,
    check_running,
)
from hub.commands.checks.storage import check_contents, check_file, check_schema, opened
from hub.commands.checks.work import check_accounts, check_work
from hub.commands.errors import Usage
from hub.commands.session import Outcome, Session
from hub.commands.tree import Tree
from hub.config import Settings
from hub.data_folder import DATABASE
from hub.keyring import Keyring
from hub.services.accounts import Accounts

_MARKS = {"ok": "ok     ", "warning": "warning", "fault": "FAULT  "}


async def examine(session: Session, given: Namespace) -> Outcome:
    # What it finds it says itself.
    logging.getLogger("hub").setLevel(logging.CRITICAL)
    try:
        settings = session.settings
    except Usage as problem:
        found = [fault("configuration", str(problem).rstrip("."), "Mend it, and look again.")]
    else:
        found = await _examined(session, settings, int(given.least_free * GIGABYTE))
    lines = [_line(finding) for finding in found]
    levels = Counter(finding.level for finding in found)
    summary = f"Faults: {levels['fault']}. Warnings: {levels['warning']}. Well: {levels['ok']}."
    return Outcome(value=found, text="\n".join([*lines, summary]), status=int(levels["fault"] > 0))


async def _examined(session: Session, settings: Settings, least_free: int) -> list[Finding]:
    """All findings, each as far as what it rests on is well."""
    found = [
        *check_configuration(settings),
        *check_bundle(session.parts.bundle_fault()),
        *await check_bus(settings.bus_url),
        *check_folder(settings.data),
    ]
    if not settings.data.is_dir():
        return found
    unfit, keyring = check_key(settings.data)
    found += check_disk(settings.data, least_free) + unfit + await check_running(settings, session.folder)
    damage = [] if settings.database_url else await asyncio.to_thread(check_file, settings.data / DATABASE)
    return found + (damage or await _database(session, settings, keyring))


async def _database(session: Session, settings: Settings, keyring: Keyring | None) -> list[Finding]:
    async with opened(settings) as db:
        found = await check_schema(db)
        if any(finding.level == "fault" for finding in found):
            return found
        found += [*await check_contents(db, keyring), *await check_work(db)]
        if keyring is not None:
            found += await check_accounts(Accounts(db, keyring, session.parts.channels(), session.parts.shops()))
        return found


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
