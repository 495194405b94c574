"""The words in which the story is written: who does what, how long ago, at what time of day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

How = Literal["mail", "chat", "call", "form", "api", "order", "answer", "note", "assign", "snooze", "status", "mark"]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the story. Names are invented, numbers and domains set aside for examples."""

    key: str
    name: str
    email: str
    phone: str = ""
    language: str = "en"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens. `who` is the customer it concerns, `agent` the colleague who acts."""

    at: int
    how: How
    who: str
    text: str = ""
    agent: str = ""
    subject: str = ""
    proven: bool = True
    signed: bool = False
    leaves_email: bool = False
    outcome: str = ""
    promise: str = ""
    due: int | None = None
    value: str = ""
    resolve: bool = False
    file: str = ""


class Told:
    """Collects steps as they are written down; `now` is the story's end."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)
        self.steps: list[Step] = []

    def at(self, days_ago: float, clock: str) -> int:
        """Milliseconds of a time of day, so many days ago; never after the story's end."""
        hour, _, minute = clock.partition(":")
        day = (self._now - timedelta(days=days_ago)).replace(
            hour=int(hour), minute=int(minute), second=7, microsecond=0
        )
        return int(min(day, self._now - timedelta(minutes=2)).timestamp() * 1000)

    def ago(self, minutes: float) -> int:
        """Milliseconds of a time so many minutes before the story's end."""
        return int((self._now - timedelta(minutes=minutes)).timestamp() * 1000)

    def say(self, at: int, how: How, who: str, text: str = "", **more: object) -> Told:
        self.steps.append(msgspec.convert({"at": at, "how": how, "who": who, "text": text, **more}, Step))
        return self

    def in_order(self) -> list[Step]:
        """All steps, the earliest first; what was written first at one moment happens first."""
        return sorted(self.steps, key=lambda step: step.at)
