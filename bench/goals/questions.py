"""What is looked for in goal F: the same questions for the same data set, of every sort that people ask."""

from __future__ import annotations

import random
from collections.abc import Callable

from bench.dataset.shop import Shop
from bench.words import COMMON, Speaker

_EACH = 10
_RARE = range(15_000, 20_000)
_MIDDLE = range(200, 2_000)


def questions(shop: Shop) -> dict[str, list[str]]:
    """Some questions of each class."""
    source = random.Random(3)
    return {name: [ask(shop, source) for _ in range(_EACH)] for name, ask in CLASSES.items()}


_WORDS = Speaker(1).vocabulary


def _rare(shop: Shop, source: random.Random) -> str:
    return f"{_WORDS[source.choice(_RARE)]} "


def _common(shop: Shop, source: random.Random) -> str:
    return f"{_WORDS[source.randrange(COMMON)]} "


def _common_and_rare(shop: Shop, source: random.Random) -> str:
    return f"{_common(shop, source)}{_WORDS[source.choice(_MIDDLE)]} "


def _prefix(shop: Shop, source: random.Random) -> str:
    return f"{_WORDS[source.choice(_MIDDLE)][: source.choice((2, 3, 4))]}*"


def _phrase(shop: Shop, source: random.Random) -> str:
    return f'"{_WORDS[source.randrange(COMMON)]} {_WORDS[source.randrange(COMMON)]}"'


def _phone(shop: Shop, source: random.Random) -> str:
    """As somebody reads it off a display."""
    number = shop.phone(source.randint(1, shop.size.customers))
    return f"0{number[3:5]} {number[5:8]} {number[8:]}"


def _order(shop: Shop, source: random.Random) -> str:
    return shop.order_number(source.randint(1, shop.size.orders))


CLASSES: dict[str, Callable[[Shop, random.Random], str]] = {
    "rare": _rare,
    "common": _common,
    "common and rare": _common_and_rare,
    "prefix": _prefix,
    "phrase": _phrase,
    "phone": _phone,
    "order number": _order,
}
