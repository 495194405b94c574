"""The processes of a measurement: the hub, the bare limits and the load, each on its own, on a core of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench import machine
from bench.figures import NotMeasured

HOME = Path(__file__).parents[1]
# Whoever measures sets all that matters; what the shell has set is not for the hub under test.
_FOREIGN = "ONETHREAD_"
_FAREWELL_S = 15


class Running(msgspec.Struct, frozen=True):
    """A process that has said that it is ready."""

    process: int
    said: Mapping[str, Any]

    @property
    def port(self) -> int:
        return int(self.said["url"].rpartition(":")[2])


@contextlib.contextmanager
def running(
    module: str, *arguments: str | Path, core: int | None, log: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """`python -m module` until the block ends. It says in one line of JSON that it is ready."""
    env = _environment() | dict(variables or {})
    with log.open("ab") as errors:
        process = subprocess.Popen(
            _command(module, arguments), stdout=subprocess.PIPE, stderr=errors, cwd=HOME, env=env
        )
    machine.pin(core, process.pid)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise NotMeasured(f"{module} did not start: {log.read_text(errors='replace')[-500:]}")
        yield Running(process.pid, msgspec.json.decode(line))
    finally:
        _end(process)


def told(module: str, job: msgspec.Struct, *, core: int | None, seconds: float) -> dict[str, Any]:
    """What `python -m module` finds out about a job, which it reads as JSON and answers as JSON."""
    process = subprocess.Popen(
        _command(module, [type(job).__name__]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=HOME,
        env=_environment(),
    )
    machine.pin(core, process.pid)
    try:
        answer, problems = process.communicate(msgspec.json.encode(job), timeout=seconds)
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"{module} {type(job).__name__} took over {seconds:g} s") from None
    finally:
        _end(process)
    if process.returncode != 0:
        raise NotMeasured(problems.decode(errors="replace").strip()[-500:])
    found: dict[str, Any] = msgspec.json.decode(answer)
    return found


def _command(module: str, arguments: Sequence[str | Path]) -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return kept | {"PYTHONPATH": str(HOME)}


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout=_FAREWELL_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
