"""Short texts that name things: numbers, sources, statuses. What they may hold is the same everywhere."""

from __future__ import annotations

import re

LONGEST = 100
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")


def is_label(text: str) -> bool:
    """Whether this can name something: one line of 1 to 100 printable characters, no white space around it."""
    return len(text) <= LONGEST and text == text.strip() and _PRINTABLE.fullmatch(text) is not None
