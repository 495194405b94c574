"""What is noted in passing: a database that cannot write just now must keep nobody from reading."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from hub.errors import Unavailable

logger = logging.getLogger(__name__)

PATIENCE_S = 0.25
_under_way: set[asyncio.Task[Any]] = set()


async def in_passing(work: Coroutine[Any, Any, Any], seconds: float = PATIENCE_S) -> None:
    """Do this, waiting for it no longer than so; that it could not be stored is no harm."""
    task = asyncio.create_task(work)
    _under_way.add(task)
    task.add_done_callback(_settled)
    await asyncio.wait([task], timeout=seconds)


def _settled(task: asyncio.Task[Any]) -> None:
    _under_way.discard(task)
    problem = None if task.cancelled() else task.exception()
    if problem is not None and not isinstance(problem, Unavailable):
        logger.error("Something could not be noted", exc_info=problem, extra={"action": "not_noted"})
