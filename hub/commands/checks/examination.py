"""All that is examined of an installation, each as far as what it rests on is well."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from hub.commands.checks import Finding
from hub.commands.checks.configuration import check_configuration
from hub.commands.checks.files import check_files
from hub.commands.checks.machine import check_bundle, check_bus, check_disk, check_folder, check_key
from hub.commands.checks.running import check_public, check_running, status_of
from hub.commands.checks.storage import check_contents, check_file, check_schema, opened
from hub.commands.checks.work import check_accounts, check_work
from hub.commands.session import Session
from hub.commands.status import Status
from hub.config import Settings
from hub.data_folder import DATABASE
from hub.keyring import Keyring
from hub.services.accounts import Accounts

# Where the folder is, whoever asks knows better: they found the hub there.
_AS_STARTED = set(Settings.__struct_fields__) - {"data"}


async def examination(session: Session, said: set[str], least_free: int) -> list[Finding]:
    """All findings. `said`: which settings the command line names; `least_free`: the room the disk must have in bytes.

    What a hub that runs was started with is examined as it was; the shell of whoever asks need not know it.
    """
    status = await status_of(session.folder)
    settings = _as_it_runs(session, status, said)
    is_said = "port" in said or session.folder.last_address() is not None
    found = [
        *check_configuration(settings),
        *check_bundle(session.parts.bundle_fault()),
        *await check_bus(settings.bus_url),
        *check_folder(settings.data),
    ]
    if not settings.data.is_dir():
        return found
    unfit, keyring = check_key(settings.data)
    found += check_disk(settings.data, least_free) + unfit
    found += await check_running(settings, session.folder, status, is_said)
    if status is not None and settings.public_url:
        found += await check_public(settings.url)
    found += [] if settings.database_url else await asyncio.to_thread(check_file, settings.data / DATABASE)
    if any((finding.about, finding.level) == ("database", "fault") for finding in found):
        return found
    return found + await _database(session, settings, keyring)


def _as_it_runs(session: Session, status: Status | None, said: set[str]) -> Settings:
    """The settings of the hub that runs, or with the address of the one that ran last; what is said comes before."""
    last = session.folder.last_address()
    known: dict[str, Any] = {}
    if status is not None:
        known = {name: getattr(status.settings, name) for name in _AS_STARTED - said}
    elif last is not None and "port" not in said:
        known = {"host": last.host, "port": last.port}
    return msgspec.structs.replace(session.settings, **known)


async def _database(session: Session, settings: Settings, keyring: Keyring | None) -> list[Finding]:
    async with opened(settings) as db:
        found = await check_schema(db)
        if any(finding.level == "fault" for finding in found):
            return found
        found += [*await check_contents(db, keyring), *await check_work(db)]
        found += await check_files(db, settings)
        if keyring is not None:
            found += await check_accounts(Accounts(db, keyring, session.parts.channels(), session.parts.shops()))
        return found
