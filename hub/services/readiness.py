"""Whether this hub can do its work now: each part is tried, and what fails is named with what to do about it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hub.database import Database
from hub.errors import HubError
from hub.files import Files
from hub.gauges import Pulse
from hub.keyring import Keyring
from hub.services.figures import commit, room
from hub.services.key_check import key_fits
from hub.services.log import Log

# How long an answer of the database may take, and one of the disk.
PATIENCE_S = 2.0
# A worker that was not seen for so long hangs; one thing that it works at takes less.
SILENT_S = 60.0
# An event that nobody has heard for so long waits for a reader that does not read.
UNHEARD_MS = 10_000
LEAST_FREE = 100_000_000
# Whoever asks more often gets the same answer: each look commits, and anybody may ask.
FRESH_S = 1.0


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the hub; `code` and `text` say what is wrong with it and are empty where it is well."""

    name: str
    code: str = ""
    text: str = ""
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return not self.code


class Readiness:
    """Looks at one hub. `work` are its tasks by name, none before it has begun; `pulses` of those that go round."""

    def __init__(
        self,
        db: Database,
        log: Log,
        keyring: Keyring,
        files: Files,
        folder: Path,
        work: Mapping[str, asyncio.Task[None]],
        pulses: Mapping[str, Pulse],
        *,
        least_free: int = LEAST_FREE,
    ) -> None:
        self._db = db
        self._log = log
        self._keyring = keyring
        self._files = files
        self._folder = folder
        self.work = work
        self._pulses = pulses
        self.least_free = least_free
        self._turn = asyncio.Lock()
        self._seen: list[Check] = []
        self._seen_at = -FRESH_S

    def working(self) -> dict[str, bool]:
        """Which parts are at work; none before the hub has begun."""
        return {check.name: check.ok for check in self._workers()}

    async def checks(self) -> list[Check]:
        """How each part is, as it was at most a second ago."""
        async with self._turn:
            if time.monotonic() - self._seen_at >= FRESH_S:
                self._seen = await self._look()
                self._seen_at = time.monotonic()
            looked_at = {check.name for check in self._seen}
            return [*self._seen, *(check for check in self._workers() if check.name not in looked_at)]

    async def _look(self) -> list[Check]:
        database = await self._database()
        found = [database, await self._files_check(), self._disk()]
        if database.ok:
            # It may go away between two questions; then the next look says so.
            with contextlib.suppress(HubError):
                found += [await self._key(), *await self._unheard()]
        return found

    async def _database(self) -> Check:
        """Whether a view and a unit go through."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._db.view(lambda rd: rd.now)
                await self._db.unit(commit)
        except (HubError, OSError, TimeoutError):
            said = f"Nothing can be written to the database within {PATIENCE_S:.0f} seconds."
            remedy = "Run `doctor`: it looks at the disk, the file and the server."
            return Check(name="database", code="no_writes", text=said, remedy=remedy)
        return Check(name="database")

    async def _files_check(self) -> Check:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._files.check()
        except (HubError, OSError, TimeoutError):
            remedy = "See that the hub's account may write there, and that the disk is neither full nor read-only."
            return Check(name="files", code="not_stored", text="Attachments cannot be stored.", remedy=remedy)
        return Check(name="files")

    def _disk(self) -> Check:
        try:
            free = room(self._folder).free
        except OSError:
            remedy = "Bring it back, and start the hub again."
            return Check(name="disk", code="no_folder", text="The data folder is not there.", remedy=remedy)
        if free < self.least_free:
            said = f"Only {free / 1e6:.0f} MB are free on the disk of the data folder."
            return Check(
                name="disk",
                code="little_room",
                text=said,
                remedy="Make room: when it is full, nothing is taken in any more.",
            )
        return Check(name="disk")

    async def _key(self) -> Check:
        if await self._db.view(key_fits, self._keyring):
            return Check(name="key")
        remedy = "Start the hub with the key that stood beside this database when it was written."
        return Check(name="key", code="wrong_key", text="The hub's key does not open what is stored.", remedy=remedy)

    async def _unheard(self) -> list[Check]:
        """A fault of the log where its reader lives and reads too slowly."""
        waits_ms = await self._log.behind_ms()
        if waits_ms <= UNHEARD_MS:
            return []
        said = f"Screens are {waits_ms / 1000:.0f} seconds behind what happened."
        remedy = "Look whether the machine is overloaded, or a transaction is left open in PostgreSQL."
        return [Check(name="log", code="behind", text=said, remedy=remedy)]

    def _workers(self) -> list[Check]:
        if not self.work:
            return [
                Check(
                    name="work",
                    code="not_begun",
                    text="The hub has not begun to work.",
                    remedy="Wait until it has started.",
                )
            ]
        return [self._worker(name, task) for name, task in self.work.items()]

    def _worker(self, name: str, task: asyncio.Task[None]) -> Check:
        again = "Start the hub again; its log says why."
        if task.done():
            return Check(name=name, code="ended", text="This worker has stopped.", remedy=again)
        pulse = self._pulses.get(name)
        if pulse is not None and pulse.silent_s() > SILENT_S:
            return Check(
                name=name, code="hangs", text=f"This worker hangs since {pulse.silent_s():.0f} seconds.", remedy=again
            )
        return Check(name=name)
