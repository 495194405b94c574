"""The log's lines: what stands in them, and what never does."""

import ast
import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.errors import NotFound
from hub.logs import OURS, JsonLines, TextLines, described

ROOT = Path(__file__).resolve().parents[2]
WORDS = "the customer's own words"


@pytest.fixture(name="written")
def write_lines() -> Iterator[io.StringIO]:
    """What the logger `hub.somewhere`, and any other below `hub`, writes."""
    yield from writing("hub")


@pytest.fixture(name="of_library")
def write_lines_of_a_library() -> Iterator[io.StringIO]:
    yield from writing("somebody")


def writing(name: str) -> Iterator[io.StringIO]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger(name)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield out
    logger.removeHandler(handler)
    logger.setLevel(level)


def only_line(out: io.StringIO) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(out.getvalue())
    return line


def raised(problem: Exception, by: Exception | None = None) -> Exception:
    """The exception as it is when it was raised."""
    try:
        raise problem from by
    except Exception as caught:
        return caught


def test_line_says_when_how_grave_what_and_where(written: io.StringIO) -> None:
    about = {"action": "account_lost", "account": "support", "tries": 3}
    logging.getLogger("hub.somewhere").warning("%s is away", "support", extra=about)

    line = only_line(written)
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "warning",
        "action": "account_lost",
        "text": "support is away",
        "from": "hub.somewhere",
        "account": "support",
        "tries": 3,
    }


def test_exception_is_told_by_kind_code_and_place_alone(written: io.StringIO) -> None:
    problem = raised(RuntimeError(WORDS), by=raised(NotFound(WORDS)))
    logging.getLogger("hub.somewhere").error("It failed", exc_info=problem, extra={"action": "failed"})

    error = only_line(written)["error"]
    assert (error["kind"], error["by"]["kind"], error["by"]["code"]) == (
        "RuntimeError",
        "hub.errors.NotFound",
        "not_found",
    )
    assert error["places"][-1].endswith(" raised")
    assert WORDS not in written.getvalue()


def test_exception_in_a_sentence_stands_there_by_its_name(written: io.StringIO) -> None:
    logging.getLogger("hub.somewhere").warning("Later: %s", OSError(28, WORDS), extra={"action": "later"})

    assert only_line(written)["text"] == "Later: OSError (ENOSPC)"


def test_problem_of_the_database_brings_its_code_and_no_parameters() -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE t (a UNIQUE)")
    db.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError) as caught:
        db.execute("INSERT INTO t VALUES (1)")
    db.close()

    assert described(caught.value)["code"] == "SQLITE_CONSTRAINT_UNIQUE"


def test_problems_of_a_group_are_told_each() -> None:
    told = described(ExceptionGroup(WORDS, [raised(ValueError(WORDS)), raised(KeyError(WORDS))]))

    assert [one["kind"] for one in told["among"]] == ["ValueError", "KeyError"]
    assert WORDS not in json.dumps(told)


def test_library_is_told_by_its_place_and_never_by_its_words(of_library: io.StringIO) -> None:
    logging.getLogger("somebody.else").warning("%s from %s", WORDS, WORDS)

    line = only_line(of_library)
    assert (line["action"], line["from"], line["text"]) == ("library", "somebody.else", "")
    assert line["place"].startswith("test_logs:")


def test_what_is_no_plain_value_is_told_by_its_kind(written: io.StringIO) -> None:
    logging.getLogger("hub.somewhere").info("So", extra={"action": "so", "held": [WORDS]})

    assert only_line(written)["held"] == "list"


def test_line_for_people_stays_one_line_whatever_is_in_it() -> None:
    record = logging.makeLogRecord({"name": "hub.x", "levelname": "INFO", "msg": "a\nb\x1b[2J", "action": "so"})

    line = TextLines().format(record)

    assert line.count("\n") == 0
    assert "a b" in line
    assert "action=so" in line


def calls_of_loggers() -> Iterator[tuple[str, ast.Call]]:
    for folder in ("hub", "connectors", "agent_ui", "demo", "bench"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _is_logging(node.func):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def _is_logging(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in {"debug", "info", "warning", "error", "exception", "critical"}
        and isinstance(called.value, (ast.Name, ast.Call))
        and ast.unparse(called.value).startswith(("logger", "logging.getLogger"))
    )


def test_each_line_of_ours_carries_an_action() -> None:
    found = dict(calls_of_loggers())
    without = [place for place, call in found.items() if "extra" not in {word.arg for word in call.keywords}]

    assert len(found) > 20
    assert without == []


def test_each_line_of_ours_is_filled_and_not_put_together() -> None:
    """A sentence that is formatted before it is logged could not be kept free of an exception's words."""
    made = [place for place, call in calls_of_loggers() if not isinstance(call.args[0], ast.Constant)]

    assert made == []


def test_our_own_packages_are_known() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "migrations"}

    assert packages <= set(OURS)
