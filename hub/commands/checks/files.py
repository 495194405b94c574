"""Looks at where files lie, a folder or a bucket: whether it is reached, and holds what the database names."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub.commands.checks import Finding, fault, well
from hub.config import Settings
from hub.database import Database
from hub.errors import HubError, NotFound
from hub.files import Files, shelved
from hub.repositories import checks as sql

ANSWER_S = 10.0


async def check_files(db: Database, settings: Settings) -> list[Finding]:
    """Whether the newest attachments are where the database says."""
    named = {row.file for row in await db.view(lambda reading: reading.all(sql.newest_files))}
    if settings.files.startswith("s3://"):
        return await _bucket(named, settings)
    folder = Path(settings.files) if settings.files else settings.data / "files"
    return _missing([file for file in named if not (folder / shelved(file)).is_file()], len(named), str(folder))


async def _bucket(named: set[str], settings: Settings) -> list[Finding]:
    # Only a cluster needs this library.
    from hub.s3_files import S3Files

    files = S3Files.of(settings)
    try:
        async with asyncio.timeout(ANSWER_S):
            await files.check()
            missing = [file for file in named if not await _is_there(files, file)]
    except (HubError, TimeoutError):
        said = f"nothing can be stored in {settings.files}"
        remedy = "Is the bucket there, and do the variables ONETHREAD_S3_… name its place and a key that may write?"
        return [fault("files", said, remedy)]
    return _missing(missing, len(named), settings.files)


async def _is_there(files: Files, file: str) -> bool:
    try:
        async for _ in await files.open(file):
            return True
    except NotFound:
        return False
    return True


def _missing(missing: list[str], of: int, place: str) -> list[Finding]:
    if not missing:
        return [well("files", place)]
    said = f"{len(missing)} of the {of} newest attachments are not in {place}"
    return [fault("files", said, "Bring its content back from the backup that the database is of.")]
