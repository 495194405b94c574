"""How long an answer takes just now, from what really happened in the last hour."""

from __future__ import annotations

from statistics import median

from hub.database import Database, Reading
from hub.repositories import requests as sql

HOUR_MS = 3_600_000
FEWEST = 3
KEPT_MS = 60_000


def first_responses(rd: Reading) -> list[int]:
    """Milliseconds to the first answer of requests answered within the last hour."""
    rows = rd.all(sql.recent_response_times, since=rd.now - HOUR_MS)
    return [row.first_response_at - row.opened_at for row in rows]


class Pace:
    """The measured pace, looked up at most once a minute."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: tuple[int, int | None] | None = None

    async def minutes(self) -> int | None:
        """The half of customers who wait less get an answer within so many minutes; None without enough figures."""
        now = self._db.clock.now()
        if self._known is None or abs(now - self._known[0]) > KEPT_MS:
            waits = await self._db.view(first_responses)
            minutes = max(1, round(median(waits) / 60_000)) if len(waits) >= FEWEST else None
            self._known = (now, minutes)
        return self._known[1]
