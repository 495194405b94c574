"""Messages that carry their number and when they were sent, so that whoever hears of them can tell what is missing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

# Letters, not digits: many digits look like a phone number, for which the hub looks more closely.
_LETTERS = b"abcdefghij"
_DIGITS = b"0123456789"
_SPELT = bytes.maketrans(_DIGITS, _LETTERS)
_READ = bytes.maketrans(_LETTERS, _DIGITS)
# Of an entry alone: what it says stands in its request's line of the inbox as well.
MARK = b'"subject":"","text":"x'
_MARKED = re.compile(rb'"subject":"","text":"x([a-j]{7})x([a-j]{15})x ')


def written(number: int) -> str:
    """The text of message `number`, sent now."""
    micro = time.monotonic_ns() // 1000
    return f"x{_spelt(number, 7)}x{_spelt(micro, 15)}x Is there anything new about my order?"


def read(text: bytes) -> Iterator[tuple[int, float]]:
    """The number of each message in a frame, and the seconds since it was sent by a process of this machine."""
    now = time.monotonic()
    for number, micro in _MARKED.findall(text):
        yield int(number.translate(_READ)), now - int(micro.translate(_READ)) / 1e6


def _spelt(number: int, length: int) -> str:
    return f"{number:0{length}d}".encode().translate(_SPELT).decode()
