"""The colleagues of every data set: their ids, and what their browsers say."""

from __future__ import annotations

COLLEAGUES = 50
# Ids begin after those that the hub made for itself.
_FIRST = 1000


def agent_id(number: int) -> int:
    return _FIRST + number


def session_secret(number: int) -> str:
    return f"bench-session-of-{number:06d}".ljust(43, "-")
