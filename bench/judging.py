"""Measures one goal after the other, and says of each whether it holds or why nobody can tell."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from bench import machine
from bench.figures import Finding, NotMeasured, is_steady
from bench.rig import Rig

_TRIES = 3
_MOVED = "the disk's fdatasync rate moved more than twofold"


class Goal(msgspec.Struct, frozen=True):
    """What is promised, and how it is measured."""

    name: str
    what: str
    measure: Callable[[Rig], Finding]
    # Waits for the disk, whose rate must hold still then.
    is_durable: bool = False


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed for a goal. `holds` null: it could not be judged, and `reason` says why."""

    name: str
    what: str
    ratio: float | None = None
    min: float | None = None
    max: float | None = None
    bar: str = ""
    holds: bool | None = None
    reason: str = ""
    checks: list[dict[str, Any]] = []
    details: dict[str, Any] = {}


def judged(goals: Sequence[Goal], rig: Rig) -> Iterator[Result]:
    for goal in goals:
        yield _judge(goal, rig)


def _judge(goal: Goal, rig: Rig) -> Result:
    """The result of the first try that can be judged, else of the last."""
    result = Result(name=goal.name, what=goal.what)
    for _ in range(_TRIES):
        try:
            result = _tried(goal, rig)
        except NotMeasured as problem:
            result = Result(name=goal.name, what=goal.what, reason=str(problem))
        if result.holds is not None:
            break
    return result


def _tried(goal: Goal, rig: Rig) -> Result:
    rates = [machine.fdatasync_rate(rig.scratch)]
    began, busy, own = time.perf_counter(), machine.busy_seconds(), machine.family_seconds()
    stolen = machine.stolen_seconds()
    finding = goal.measure(rig)
    seconds = time.perf_counter() - began
    foreign = machine.busy_seconds() - busy - (machine.family_seconds() - own)
    rates.append(machine.fdatasync_rate(rig.scratch))
    about = {
        "seconds": round(seconds, 1),
        "fdatasync_per_s": [round(rate) for rate in rates],
        "foreign_cpu_share": _share(foreign, seconds),
        "stolen_cpu_share": _share(machine.stolen_seconds() - stolen, seconds),
    }
    void = finding.void or (_MOVED if goal.is_durable and not is_steady(rates) else "")
    return _result(goal, finding, about, void)


def _share(used: float, seconds: float) -> float:
    """Of all cores' time."""
    return round(max(0.0, used) / seconds / (os.cpu_count() or 1), 2)


def _result(goal: Goal, finding: Finding, about: dict[str, Any], void: str) -> Result:
    first = finding.checks[0]
    missed = [check.what for check in finding.checks if not check.holds]
    return Result(
        name=goal.name,
        what=goal.what,
        ratio=_rounded(first.figure.median),
        min=_rounded(first.figure.lowest),
        max=_rounded(first.figure.highest),
        bar=first.bar.text(),
        holds=None if void else not missed,
        reason=void or (f"missed: {', '.join(missed)}" if missed else ""),
        checks=[
            {
                "what": check.what,
                "median": _rounded(check.figure.median),
                "min": _rounded(check.figure.lowest),
                "max": _rounded(check.figure.highest),
                "bar": check.bar.text(),
                "holds": check.holds,
            }
            for check in finding.checks
        ],
        details=finding.details | about,
    )


def _rounded(figure: float) -> float:
    return float(f"{figure:.3g}") if abs(figure) < 1000 else float(round(figure))
