"""Which lists of the inbox a request stands in, and where: pure rules."""

from __future__ import annotations

from typing import Any

_RANK_OF_ANSWERED = 1 << 52
_URGENT_AHEAD_MS = 3650 * 86_400_000
_COUNTED = frozenset({"open", "unassigned", "snoozed", "failed"})


def box_of(request: Any, *, hidden: bool) -> str:
    if hidden:
        return "hidden"
    if request.status == "resolved":
        return "resolved"
    return "snoozed" if request.snoozed_until is not None else "open"


def lists_of(request: Any) -> list[str]:
    """Names of the inbox lists that hold this request."""
    lists = []
    if request.box == "open":
        lists = ["open", "unassigned" if request.owner_id is None else f"mine:{request.owner_id}"]
    elif request.box in {"snoozed", "resolved"}:
        lists = [request.box]
    if request.failed > 0 and request.box != "hidden":
        lists.append("failed")
    return lists


def counted(request: Any) -> list[str]:
    """Those of its lists whose length is shown."""
    return [name for name in lists_of(request) if name in _COUNTED or name.startswith("mine:")]


def rank_of(request: Any) -> int:
    """Who waits longest is first; what waits for nobody follows, the newest first."""
    waits_since: int | None = request.waiting_since
    rank: int = _RANK_OF_ANSWERED - request.last_at if waits_since is None else waits_since
    return rank - _URGENT_AHEAD_MS if request.priority == "urgent" else rank
