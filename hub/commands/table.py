"""Lists as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under their heads, in columns as wide as they need."""
    lines = [tuple(head), *(tuple(_cell(value) for value in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _cell(value: object) -> str:
    text = "–" if value in (None, "") else str(value)
    # What others wrote must not move the cursor of who reads it.
    return "".join(sign if sign.isprintable() else " " for sign in text)
