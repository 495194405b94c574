"""Finds the words of pages and mails in the message catalogue, as `shared/catalogue.ts` does in browsers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

Text = str | Mapping[str, str]
Translate = Callable[..., str]

FALLBACK = "en"
# A language whose plurals are not "one" and "other" has its rule here.
_PLURALS: dict[str, Callable[[int], str]] = {}
_GROUPS = {"de": ".", "fr": "\u202f", "es": ".", "it": "."}

_GAP = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"\s*(?P<tag>[A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*(?P<q>[01](?:\.\d{0,3})?))?\s*")


@cache
def languages() -> tuple[str, ...]:
    """The languages that there is a catalogue for."""
    names = (file.name for file in (files("agent_ui") / "messages").iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


@cache
def texts(language: str, section: str) -> Mapping[str, Text]:
    """One section of a catalogue; what it lacks is taken from the fallback's."""
    found: dict[str, Text] = {}
    for name in (FALLBACK, language):
        read = json.loads((files("agent_ui") / "messages" / f"{name}.json").read_text(encoding="utf-8"))
        found |= read.get(section, {})
    return found


def translator(language: str, section: str) -> Translate:
    """A function from a key and what fills its gaps to the text in this language."""
    catalogue = texts(language, section)

    def translate(key: str, **gaps: str | int) -> str:
        text = catalogue.get(key)
        if text is None:
            return key
        if not isinstance(text, str):
            text = text.get(_plural(language, int(gaps["n"]))) or text["other"]
        return _GAP.sub(lambda gap: _filled(language, gap, gaps), text)

    return translate


def has_text(language: str, section: str, key: str) -> bool:
    return key in texts(language, section)


def language_of(accepted: str, fallback: str = FALLBACK) -> str:
    """The language of ours that an Accept-Language header likes best."""
    choices = (_CHOICE.fullmatch(part) for part in accepted[:500].split(","))
    liked = [(float(choice["q"] or 1), choice["tag"].lower()) for choice in choices if choice]
    for quality, tag in sorted(liked, key=lambda choice: -choice[0]):
        if quality and tag in languages():
            return tag
    return fallback if fallback in languages() else FALLBACK


def _plural(language: str, n: int) -> str:
    rule = _PLURALS.get(language)
    return rule(n) if rule else ("one" if n == 1 else "other")


def _filled(language: str, gap: re.Match[str], gaps: Mapping[str, str | int]) -> str:
    value = gaps.get(gap[1])
    if value is None:
        return gap[0]
    return f"{value:,}".replace(",", _GROUPS.get(language, ",")) if isinstance(value, int) else value
