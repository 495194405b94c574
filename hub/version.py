"""Which version of the program this is."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


@cache
def version() -> str:
    """As it was installed; '' where it was not."""
    try:
        return installed("onethread")
    except PackageNotFoundError:
        return ""
