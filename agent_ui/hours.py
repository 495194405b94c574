"""Opening hours as the widget tells them, and how long an answer takes just now."""

from __future__ import annotations

import re
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent_ui.texts import translator
from hub.clock import to_datetime
from hub.errors import Invalid
from hub.ports.channel import Account, field

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<begin>\d\d:\d\d)-(?P<end>\d\d:\d\d)", re.I)


class BadHours(Invalid):
    """Opening hours are written as “Mon-Fri 09:00-18:00; Sat 10:00-14:00”."""

    code = "bad_hours"


class Hours:
    """The opening hours of an account, in its own time zone."""

    def __init__(self, spans: list[tuple[set[int], time, time]], zone: ZoneInfo, language: str) -> None:
        self._spans = spans
        self._zone = zone
        self._say = translator(language, "widget")

    @classmethod
    def of(cls, account: Account, language: str) -> Hours:
        """The hours an account's settings say; raises `BadHours`."""
        try:
            zone = ZoneInfo(field(account.settings, "time_zone", "UTC"))
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise BadHours("There is no such time zone.") from problem
        written = field(account.settings, "hours")
        return cls([_span(part) for part in written.split(";") if part.strip()], zone, language)

    def is_open(self, now_ms: int) -> bool:
        """Whether somebody is there now; without hours somebody always is."""
        if not self._spans:
            return True
        now = to_datetime(now_ms).astimezone(self._zone)
        return any(now.weekday() in days and begin <= now.time() < end for days, begin, end in self._spans)

    def text(self, now_ms: int) -> str:
        """Until when somebody is there, or when somebody will be again; empty without opening hours."""
        if not self._spans:
            return ""
        now = to_datetime(now_ms).astimezone(self._zone)
        ends = [end for days, begin, end in self._spans if now.weekday() in days and begin <= now.time() < end]
        if ends:
            return self._say("hours.until", time=f"{max(ends):%H:%M}")
        for ahead in range(8):
            weekday = (now.weekday() + ahead) % 7
            begins = [b for days, b, _ in self._spans if weekday in days and (ahead or b > now.time())]
            if begins:
                return self._again(ahead, weekday, min(begins))
        return ""

    def _again(self, ahead: int, weekday: int, begin: time) -> str:
        when = f"{begin:%H:%M}"
        if ahead < 2:
            return self._say("hours.tomorrow" if ahead else "hours.today", time=when)
        return self._say("hours.day", day=self._say(f"day.{_DAYS[weekday]}"), time=when)


def _span(part: str) -> tuple[set[int], time, time]:
    match = _SPAN.fullmatch(part.strip())
    if match is None or match["first"].lower() not in _DAYS or (match["last"] or "mon").lower() not in _DAYS:
        raise BadHours
    first = _DAYS.index(match["first"].lower())
    last = _DAYS.index((match["last"] or match["first"]).lower())
    count = (last - first) % 7
    try:
        begin, end = time.fromisoformat(match["begin"]), time.fromisoformat(match["end"])
    except ValueError as problem:
        raise BadHours from problem
    return {(first + step) % 7 for step in range(count + 1)}, begin, end


def pace_text(minutes: int, language: str) -> str:
    """“Replies in about 4 min”, from what was measured."""
    return translator(language, "widget")("pace", count=minutes)
