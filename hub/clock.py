"""The hub's one clock. Everything that needs the time asks it, so that a story can be told at its own time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """Time as the hub sees it: milliseconds since 1970 in UTC, which is how it is stored."""

    def __init__(self, *, movable: bool = False) -> None:
        """`movable` allows `move_to` and `move_by` (`serve --test-clock`, the demo)."""
        self.movable = movable
        self._offset_ms = 0

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self._offset_ms

    def move_to(self, moment: int) -> None:
        self._check_movable()
        self._offset_ms += moment - self.now()

    def move_by(self, delta: timedelta) -> None:
        self._check_movable()
        self._offset_ms += round(delta.total_seconds() * 1000)

    def _check_movable(self) -> None:
        if not self.movable:
            raise PermissionError("The hub's clock moves only under `serve --test-clock` and `demo`.")


def to_ms(moment: datetime) -> int:
    """Milliseconds of an aware datetime; a naive one is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(milliseconds=1)


def to_datetime(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


# The same few times are told again and again: now, and when a matter was opened.
@lru_cache(maxsize=4096)
def to_text(ms: int) -> str:
    """RFC 3339 in UTC with milliseconds: how a time leaves the hub."""
    return to_datetime(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> int:
    """Milliseconds of an RFC 3339 time; raises `ValueError`."""
    return to_ms(datetime.fromisoformat(text))
