"""The command `bench`: measures what the hub promises, against what this machine can do at all."""

from __future__ import annotations

import asyncio
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hub.commands.errors import Usage
from hub.commands.session import Outcome, Session
from hub.commands.tree import Tree

if TYPE_CHECKING:
    from bench.judging import Goal, Result
    from bench.rig import Scale

CACHE = Path("~/.cache/onethread-bench")
_MISSED = 1


async def measure(session: Session, given: Namespace) -> Outcome:
    # Only now, so that the other commands start sooner.
    from bench import machine

    goals = _goals(given.only, given.sockets)
    as_json = getattr(given, "json", False)
    results: list[Result] = []
    # In a thread: it waits for processes, and each data set is begun in a loop of its own.
    await asyncio.to_thread(_run, session, given, goals, as_json, results)
    counts = {
        "held": sum(result.holds is True for result in results),
        "missed": sum(result.holds is False for result in results),
        "not_judged": sum(result.holds is None for result in results),
    }
    told = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in counts.items())
    return Outcome(
        value={"name": "all", "machine": machine.name(), **counts},
        text=f"{told}. {machine.name()}",
        status=_MISSED if counts["missed"] else 0,
    )


def _run(session: Session, given: Namespace, goals: list[Goal], as_json: bool, results: list[Result]) -> None:
    from bench import machine
    from bench.dataset.cache import Cache
    from bench.judging import judged
    from bench.rig import Rig

    machine.allow_many_files()
    # Children's logs and copies of data sets lie on the disk whose rate is measured.
    folder = (given.cache or CACHE).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=folder) as scratch:
        cache = Cache(folder, session.parts, session.say, session.settings.database_url)
        with Rig(_scale(given), cache, Path(scratch), session.settings.database_url) as rig:
            for result in judged(goals, rig):
                results.append(result)
                print(msgspec.json.encode(result).decode() if as_json else _line(result), flush=True)


def _scale(given: Namespace) -> Scale:
    from bench.rig import FULL, QUICK, USUAL

    scale = FULL if given.full else QUICK if given.quick else USUAL
    return msgspec.structs.replace(scale, entries=given.rows or scale.entries)


def _goals(only: str | None, crowd: int | None) -> list[Goal]:
    from bench.goals import sockets
    from bench.goals.table import GOALS

    if crowd is not None:
        return [sockets.goal(crowd)]
    if only is None:
        return list(GOALS)
    wanted = [name.strip() for name in only.split(",")]
    known = {goal.name: goal for goal in GOALS}
    if strange := [name for name in wanted if name not in known]:
        raise Usage(f"There is no goal “{strange[0]}”. There are: {', '.join(known)}.")
    return [known[name] for name in wanted]


def _line(result: Result) -> str:
    verdict = {True: "holds", False: "MISSED", None: "not judged"}[result.holds]
    figures = [f"{check['what']}: {_figure(check)}" for check in result.checks]
    return "\n".join(
        [f"{result.name:2} {verdict:10} {result.what} {result.reason}".rstrip(), *(f"     {f}" for f in figures)]
    )


def _figure(check: dict[str, Any]) -> str:
    return f"{check['median']:g} ({check['min']:g} to {check['max']:g}), bar {check['bar']}"


def grow(tree: Tree) -> None:
    """Add this command to the tree."""
    bench = tree.command(
        "bench", measure, "measure the hub against what this machine can do", example="bench --quick --only A,F"
    )
    size = bench.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="little load and 100,000 entries: under a minute")
    size.add_argument("--full", action="store_true", help="much load and 1,000,000 entries: up to 20 minutes")
    bench.add_argument("--only", metavar="GOALS", help="these goals alone, as A,F")
    bench.add_argument(
        "--sockets",
        type=int,
        metavar="NUMBER",
        help="so many consoles at once instead, and all of them again after a restart",
    )
    bench.add_argument("--rows", type=int, metavar="NUMBER", help="entries in the large data set")
    bench.add_argument("--cache", type=Path, metavar="DIR", help=f"where data sets are kept ({CACHE})")
