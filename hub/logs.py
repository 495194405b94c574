"""How a process writes its log: a line for each happening, JSON or text, never with what customers or secrets say.

What is filled into a sentence of ours is chosen by us. An exception's own words are not: they may quote a message, a
statement's parameters or a server's answer. So of an exception only its kind, its code and its places are written.
"""

from __future__ import annotations

import errno
import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal

import msgspec

Style = Literal["auto", "json", "text"]
Level = Literal["debug", "info", "warning", "error"]

OURS = ("hub", "connectors", "agent_ui", "demo", "bench", "run", "__main__")
FRAMES = 24
CAUSES = 4
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "action"}
_PLAIN = (str, int, float, bool, type(None))

Described = dict[str, Any]


def begin(style: Style = "auto", level: Level = "info") -> None:
    """Write the log to standard error from now on: as text where somebody reads it there, else as JSON."""
    root = logging.getLogger()
    if root.handlers:
        # Whoever runs us inside of something else has a log of their own.
        return
    is_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextLines() if is_text else JsonLines())
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    _hear_of_what_nobody_catches()


def _hear_of_what_nobody_catches() -> None:
    """What Python would print by itself goes the same way: its own words would quote what was being worked on."""
    logging.captureWarnings(True)
    # Else a line that cannot be written is printed with all that was to go into it.
    logging.raiseExceptions = False
    sys.excepthook = _crashed
    threading.excepthook = lambda lost: _crashed(lost.exc_type, lost.exc_value, lost.exc_traceback)


def _crashed(kind: type[BaseException], problem: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    told = (kind, problem or kind(), trace)
    logging.getLogger("hub").critical(
        "Something broke that nobody expected", exc_info=told, extra={"action": "crashed"}
    )


# --- what a line holds ---


def line_of(record: logging.LogRecord) -> Described:
    """All that may be told of a record."""
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line: Described = {
        "at": at,
        "level": record.levelname.lower(),
        "action": getattr(record, "action", "unnamed"),
        "text": "",
        "from": record.name,
    }
    if record.name.partition(".")[0] in OURS:
        line["text"] = _sentence(record)
        line |= {name: _plain(value) for name, value in vars(record).items() if name not in _STANDARD}
    else:
        # The words of a library may quote anything; where they stand tells what they were.
        line |= {"action": "library", "place": f"{record.module}:{record.lineno} {record.funcName}"}
    if record.exc_info and record.exc_info[1] is not None:
        line["error"] = described(record.exc_info[1])
    return line


def _sentence(record: logging.LogRecord) -> str:
    filled = record.args
    if isinstance(filled, tuple):
        filled = tuple(map(_named, filled))
    elif isinstance(filled, Mapping):
        filled = {name: _named(value) for name, value in filled.items()}
    return str(record.msg) % filled if filled else str(record.msg)


def _named(value: Any) -> Any:
    """An exception that is to stand in a sentence stands there by its name."""
    return _kind_and_code(value) if isinstance(value, BaseException) else value


def _plain(value: Any) -> Any:
    named = _named(value)
    return named if isinstance(named, _PLAIN) else type(named).__name__


def described(problem: BaseException, depth: int = 0) -> Described:
    """An exception without its words: its kind and code, where it came about, and by what."""
    told: Described = {"kind": _kind(problem)}
    if code := code_of(problem):
        told["code"] = code
    told["places"] = [
        f"{frame.f_globals.get('__name__', '?')}:{number} {frame.f_code.co_name}"
        for frame, number in traceback.walk_tb(problem.__traceback__)
    ][-FRAMES:]
    before = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    if before is not None and depth < CAUSES:
        told["by"] = described(before, depth + 1)
    if isinstance(problem, BaseExceptionGroup) and depth < CAUSES:
        told["among"] = [described(one, depth + 1) for one in problem.exceptions[:CAUSES]]
    return told


def _kind(problem: BaseException) -> str:
    kind = type(problem)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _kind_and_code(problem: BaseException) -> str:
    code = code_of(problem)
    return f"{_kind(problem)} ({code})" if code else _kind(problem)


def code_of(problem: BaseException) -> str:
    """The word by which programs know this problem: the database's, the system's or our own; '' for none."""
    if isinstance(original := getattr(problem, "orig", None), BaseException):
        return code_of(original)
    for name in ("sqlite_errorname", "sqlstate", "code"):
        code = getattr(problem, name, None)
        if isinstance(code, str) and _CODE.fullmatch(code):
            return code
    if isinstance(problem, OSError) and problem.errno is not None and problem.errno in errno.errorcode:
        return errno.errorcode[problem.errno]
    return code_of(problem.__cause__) if problem.__cause__ is not None else ""


# --- how it is written ---


class JsonLines(logging.Formatter):
    """One JSON object a line, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        return msgspec.json.encode(line_of(record)).decode()


class TextLines(logging.Formatter):
    """The same for people: time, level, sentence, and what belongs to it in brackets."""

    def format(self, record: logging.LogRecord) -> str:
        line = line_of(record)
        error = line.pop("error", None)
        at, level, text = line.pop("at"), line.pop("level"), line.pop("text")
        about = " ".join(f"{name}={value}" for name, value in line.items())
        first = f"{at} {level:<8} {text} [{about}]" if text else f"{at} {level:<8} [{about}]"
        return "\n".join([_UNPRINTABLE.sub(" ", first), *(_told(error) if error else ())])


def _told(error: Described, indent: str = "  ", label: str = "") -> list[str]:
    code = f" ({error['code']})" if "code" in error else ""
    lines = [f"{indent}{label}{error['kind']}{code}", *(f"{indent}  at {place}" for place in error["places"])]
    for one in error.get("among", ()):
        lines += _told(one, indent + "  ")
    return lines + (_told(error["by"], indent, "by ") if "by" in error else [])
