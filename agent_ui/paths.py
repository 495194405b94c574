"""Reads the ids in paths."""

from __future__ import annotations

from starlette.requests import Request

from agent_ui.decode import LARGEST
from hub.errors import NotFound


def id_in(request: Request, name: str) -> int:
    """The id under this name in the path; raises `NotFound` for one that nothing can have."""
    number = int(request.path_params[name])
    if not 1 <= number <= LARGEST:
        raise NotFound
    return number
