"""The words in which the story is written: who does what, and when, counted back from the story's end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from hub.clock import to_ms
from hub.ports.commerce import Order

How = Literal["mail", "chat", "form", "api", "call"]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the story. Names are invented, numbers and domains set aside for examples."""

    key: str
    name: str
    email: str
    phone: str = ""
    language: str = "en"


class Step(msgspec.Struct, frozen=True):
    """One thing that happens. `who` is the key of the customer it concerns."""

    at: int
    who: str
    text: str = ""


# --- what customers and the shop do ---


class Mail(Step, frozen=True, kw_only=True):
    """A mail. With `answers` it answers the last one they got from us, quoting it; `sender` writes in their place."""

    subject: str = ""
    answers: bool = False
    proven: bool = True
    automatic: bool = False
    sender: str = ""
    html: str = ""
    files: tuple[str, ...] = ()


class Chat(Step, frozen=True, kw_only=True):
    """A message in the widget; `signed`: signed in at the shop."""

    signed: bool = False


class LeavesEmail(Step, frozen=True):
    """A visitor types an address for the answer."""


class Leaves(Step, frozen=True):
    """A visitor closes the shop's page."""


class FilledForm(Step, frozen=True, kw_only=True):
    """The shop's contact form, or its call-back form, which knows a number and no address."""

    subject: str = ""
    order: str = ""
    facts: dict[str, str] = {}
    call_back: bool = False


class FromShop(Step, frozen=True):
    """A message that the shop's own backend passes on by the API."""


class Missed(Step, frozen=True):
    """The telephone system reports a call that nobody took."""


class OrderNews(Step, frozen=True, kw_only=True):
    """The shop tells how an order stands."""

    number: str
    order: Order


# --- what colleagues do; `about` is a part of the request's subject, else the newest request is meant ---


class Act(Step, frozen=True, kw_only=True):
    agent: str
    about: str = ""


class Answer(Act, frozen=True, kw_only=True):
    """A reply; `subject` renames the request whose subject its first message chose."""

    subject: str = ""
    resolve: bool = False


class Call(Act, frozen=True, kw_only=True):
    """A call that a colleague noted."""

    subject: str = ""
    outcome: str = ""
    promise: str = ""
    due: datetime | None = None
    minutes: int = 3


class Note(Act, frozen=True):
    """A note for colleagues."""


class Change(Act, frozen=True, kw_only=True):
    """Another status, owner, team, priority or subject; `hours` to snooze it."""

    status: str = ""
    owner: str = ""
    team: str = ""
    priority: str = ""
    subject: str = ""
    hours: float = 0


class Begins(Act, frozen=True):
    """A reply begun and not sent: a draft."""


class Marks(Act, frozen=True, kw_only=True):
    """Spam, or what is no customer's."""

    kind: str


class Matter(NamedTuple):
    """A short matter: how and when it was asked, and who settled it after so many minutes."""

    who: str
    days: int
    clock: str
    how: How
    subject: str
    question: str
    agent: str
    wait: int
    answer: str


class Told:
    """Collects steps as they are written down; `now` is the story's end, in the zone in which its clocks are read."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._steps: list[Step] = []

    def at(self, days_ago: int, clock: str) -> int:
        """Milliseconds of a time of day, so many days ago; never after the story's end."""
        hour, minute = map(int, clock.split(":"))
        day = (self.now - timedelta(days=days_ago)).replace(hour=hour, minute=minute, second=7, microsecond=0)
        return to_ms(min(day, self.now - timedelta(minutes=2)))

    def ago(self, minutes: float) -> int:
        """Milliseconds of a time so many minutes before the story's end."""
        return to_ms(self.now - timedelta(minutes=minutes))

    def in_hours(self, hours: int) -> datetime:
        """A full hour to come, on this day if it still has one."""
        later = (self.now + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
        last = self.now.replace(hour=23, minute=45, second=0, microsecond=0)
        return last if self.now + timedelta(minutes=30) < last < later else later

    def add(self, *steps: Step) -> None:
        self._steps += steps

    def numbers(self) -> set[str]:
        """The orders that are told already."""
        return {step.number for step in self._steps if isinstance(step, OrderNews)}

    def in_order(self) -> list[Step]:
        """All steps, the earliest first; what was written first at one moment happens first."""
        return sorted(self._steps, key=lambda step: step.at)
