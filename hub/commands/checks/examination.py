"""All that is examined of an installation, each as far as what it rests on is well."""

from __future__ import annotations

import asyncio

from hub.commands.checks import Finding
from hub.commands.checks.configuration import check_configuration
from hub.commands.checks.machine import check_bundle, check_bus, check_disk, check_folder, check_key, check_running
from hub.commands.checks.storage import check_contents, check_file, check_schema, opened
from hub.commands.checks.work import check_accounts, check_work
from hub.commands.session import Session
from hub.config import Settings
from hub.data_folder import DATABASE
from hub.keyring import Keyring
from hub.services.accounts import Accounts


async def examination(session: Session, settings: Settings, least_free: int) -> list[Finding]:
    """All findings; `least_free` is the room in bytes that the disk must have."""
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
