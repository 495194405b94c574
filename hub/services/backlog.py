"""How much has arrived and was not read yet: beyond the bound its senders keep what they have and bring it later."""

from __future__ import annotations

import time

from hub.bounds import Overloaded
from hub.database import Database
from hub.repositories import intake as sql

LOOK_AGAIN_S = 1.0
COME_AGAIN_S = 30


class Backlog:
    """Counted at most once a second."""

    def __init__(self, db: Database, most: int) -> None:
        self._db = db
        self._most = most
        self._waiting = 0
        self._look_at = 0.0

    async def check(self) -> None:
        """Raise `Overloaded` while too much waits to be read."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_AGAIN_S
            self._waiting = await self._db.view(lambda rd: rd.value(sql.count_waiting))
        if self._waiting >= self._most:
            raise Overloaded(retry_after=COME_AGAIN_S)
