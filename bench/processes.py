"""The processes of a measurement: the hub, the bare limits and the load, each on its own, on a core of its own."""

from __future__ import annotations

import contextlib
import os
import select
import signal
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


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A job for `bench.load`, and the core to do it on."""

    name: str
    job: msgspec.Raw
    core: int | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a job found out, or why it did not."""

    found: dict[str, Any] = {}
    problem: str = ""


class Loader:
    """`python -m bench.load`, started once: a process that is forked begins a job without loading anything."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def told(self, job: msgspec.Struct, *, core: int | None, seconds: float) -> dict[str, Any]:
        """What a job finds out within so many seconds."""
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        name = type(job).__name__
        wanted = Wanted(name=name, job=msgspec.Raw(msgspec.json.encode(job)), core=core)
        process.stdin.write(msgspec.json.encode(wanted) + b"\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], seconds)[0]:
            self.stop()
            raise NotMeasured(f"{name} took over {seconds:g} s")
        line = process.stdout.readline()
        if not line:
            self.stop()
            raise NotMeasured(f"{name} ended: {self._log.read_text(errors='replace')[-500:]}")
        answer = msgspec.json.decode(line, type=Found)
        if answer.problem:
            raise NotMeasured(answer.problem[-500:])
        return answer.found

    def _started(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as errors:
            return subprocess.Popen(
                _command("bench.load", ()),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=HOME,
                env=_environment(),
                # Its jobs end with it.
                start_new_session=True,
            )

    def stop(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            _end(self._process)
            self._process = None


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
