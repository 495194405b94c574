"""Times and browsers as people say them."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent_ui.texts import Translate
from hub.clock import to_datetime

# The first that fits counts: most browsers also carry the names of others.
_BROWSERS = (
    ("Edge", r"Edg"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser"),
    ("Firefox", r"Firefox|FxiOS"),
    ("Chrome", r"Chrome|CriOS|Chromium"),
    ("Safari", r"Safari"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


def time_of(moment: datetime | int, now: int, zone: str, t: Translate) -> str:
    """The clock time today, with the date otherwise."""
    here = _zone(zone)
    local = (to_datetime(moment) if isinstance(moment, int) else moment).astimezone(here)
    clock = f"{local:%H:%M}"
    if local.date() == to_datetime(now).astimezone(here).date():
        return clock
    return t("time.other_day", day=str(local.day), month=t("months").split()[local.month - 1], clock=clock)


def day_of(moment: datetime, zone: str, t: Translate) -> str:
    """The day with its year."""
    local = moment.astimezone(_zone(zone))
    return t("export.day", day=str(local.day), month=t("months").split()[local.month - 1], year=str(local.year))


def clock_of(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(_zone(zone)):%H:%M}"


def browser_of(user_agent: str) -> str:
    """The browser and system that a User-Agent header speaks of, empty when it names neither."""
    names = (_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))
    return ", ".join(name for name in names if name)


def _first(known: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in known if re.search(pattern, text)), "")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
