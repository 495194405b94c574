"""Forgets what is kept for a while only: rows in small units, and then the files that no row names any more."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Sequence

import msgspec

from hub.database import Database, Reading, Statement, Transaction
from hub.files import SHELVES, Files
from hub.repositories import drafts as drafts_sql
from hub.repositories import tidying as sql
from hub.services.draft_body import DraftBody
from hub.services.leases import Leases
from hub.services.log import KEPT_MS, Log
from hub.services.sessions import FAILURES_KEPT

logger = logging.getLogger(__name__)

EVERY_S = 60.0
LEASE = "tidying"
DAY_MS = 86_400_000
# How long after its own time each is kept: nobody repeats a call after a week, or comes back to a chat in which they
# said nothing after a month; a console that was away longer than the log is kept has forgotten what is gone.
KEPT: tuple[tuple[Statement, int], ...] = (
    (sql.old_answers, 7 * DAY_MS),
    (sql.old_attempts, FAILURES_KEPT),
    (sql.old_copies, 0),
    (sql.gone_drafts, KEPT_MS),
    (sql.old_invitations, 30 * DAY_MS),
    (sql.silent_visitors, 30 * DAY_MS),
)
# An upload that no message took and no draft holds is forgotten after a day.
UPLOADS_KEPT_MS = DAY_MS


# --- rules ---


def forget(tx: Transaction, old: Statement, kept_ms: int) -> int:
    """Forget the oldest of what is kept for so long; how many."""
    return tx.run(old, before=tx.now - kept_ms)


class Uploads(msgspec.Struct, frozen=True):
    """Uploads that were looked at: the files of those that went, and the last id, None when these were the last."""

    files: list[str]
    last: int | None


def forget_uploads(tx: Transaction, after: int) -> Uploads:
    """Forget uploads that nothing holds, from this id on."""
    rows = tx.all(sql.waiting_uploads, before=tx.now - UPLOADS_KEPT_MS, after=after)
    drafted = _drafted(tx, {row.uploaded_by for row in rows})
    gone = [row for row in rows if row.id not in drafted]
    if gone:
        tx.run(sql.drop_uploads, ids=[row.id for row in gone])
    return Uploads([row.file for row in gone], rows[-1].id if len(rows) == sql.BATCH else None)


def _drafted(rd: Reading, uploaders: set[str]) -> set[int]:
    """The files that stand in the drafts of these colleagues."""
    agents = [int(name.removeprefix("agent:")) for name in uploaders if name.startswith("agent:")]
    drafts = (row for agent_id in agents for row in rd.all(drafts_sql.of_agent, agent_id=agent_id))
    return {i for row in drafts for i in msgspec.json.decode(row.body, type=DraftBody).attachments}


def unnamed(rd: Reading, files: Sequence[str]) -> list[str]:
    """Those of these files that no row names."""
    named = {row.file for row in rd.all(sql.named_files, files=files)}
    return [file for file in files if file not in named]


# --- the work ---


class Tidying:
    """Forgets once a minute. Whatever is interrupted is found again: files by looking through the store, bit by bit."""

    def __init__(self, db: Database, files: Files, log: Log, leases: Leases) -> None:
        self._db = db
        self._files = files
        self._log = log
        self._leases = leases
        self._shelves = itertools.cycle(range(SHELVES))

    async def run(self) -> None:
        """Work for ever, on one node at a time."""
        self._leases.want(LEASE, [LEASE])
        while True:
            try:
                if self._leases.holds(LEASE):
                    await self.forget()
                    await self.sweep(next(self._shelves))
            except Exception:
                logger.exception("Old things could not be forgotten", extra={"action": "tidying_failed"})
            await asyncio.sleep(EVERY_S)

    async def forget(self) -> None:
        """Forget all whose time is over."""
        while await self._log.forget_old():
            pass
        for old, kept_ms in KEPT:
            while await self._db.unit(forget, old, kept_ms) == sql.BATCH:
                pass
        await self._forget_uploads()

    async def _forget_uploads(self) -> None:
        after: int | None = 0
        while after is not None:
            uploads = await self._db.unit(forget_uploads, after)
            await self._drop(uploads.files)
            after = uploads.last

    async def sweep(self, shelf: int) -> None:
        """Delete the files of one folder that no row names, and what was stored by halves."""
        await self._drop(await self._files.settled(shelf))
        await self._files.drop_unfinished()

    async def _drop(self, files: Sequence[str]) -> None:
        for start in range(0, len(files), sql.BATCH):
            for file in await self._db.view(unnamed, files[start : start + sql.BATCH]):
                await self._files.drop(file)
