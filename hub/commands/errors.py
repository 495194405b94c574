"""How a command fails: one sentence that says what is wrong and what to do."""

from __future__ import annotations

import sqlite3

from hub.data_folder import BadFolder, FolderInUse
from hub.errors import HubError
from hub.keyring import UnfitKey, WrongKey
from hub.ports.errors import ConnectorError


class Fault(Exception):
    """The command could not do its work. Ends with status 1."""

    status = 1


class Usage(Fault):
    """The command was called in a way that makes no sense. Ends with status 2."""

    status = 2


_OURS = (Fault, BadFolder, FolderInUse, HubError, UnfitKey, WrongKey, ConnectorError)


def sentence(problem: BaseException) -> str | None:
    """What people are told of a problem that was to be expected; None for one that only its traceback explains."""
    if isinstance(problem, _OURS):
        return str(problem)
    if isinstance(problem, OSError) and problem.filename:
        return f"{problem.filename} cannot be used: {problem.strerror}."
    if is_of_database(problem):
        return f"The database cannot be used: {first_line(problem)}. `doctor` looks closer."
    if isinstance(problem, ModuleNotFoundError) and problem.name in {"asyncpg", "obstore", "redis"}:
        return f"A cluster needs the package {problem.name} as well: pip install 'onethread[cluster]'."
    return None


def is_of_database(problem: BaseException) -> bool:
    """Whether the database refused, broke or was not reached."""
    module = type(problem).__module__
    return isinstance(problem, (sqlite3.Error, OSError)) or module.startswith(("asyncpg", "sqlalchemy"))


def first_line(problem: BaseException) -> str:
    """What it says of itself, without the statement that SQLAlchemy adds."""
    lines = str(getattr(problem, "orig", None) or problem).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(problem).__name__
