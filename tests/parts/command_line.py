"""The command line as people call it: processes of their own, each test with a data folder of its own."""

import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

import msgspec
import pytest

from run import main
from tests.parts.process import end

RUN = Path(__file__).parents[2] / "run.py"
PATIENCE_S = 60


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    def json(self) -> object:
        return msgspec.json.decode(self.out)


def onethread(
    *words: str | Path,
    folder: Path,
    typed: str = "",
    variables: dict[str, str] | None = None,
    patience: float = PATIENCE_S,
) -> Done:
    """Runs a command to its end, on this data folder."""
    done = subprocess.run(
        [sys.executable, RUN, *words],
        input=typed,
        env=_environment(folder, variables),
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def onethread_here(*words: str | Path, folder: Path, variables: dict[str, str] | None = None) -> Done:
    """Runs a command within this process: what a test has to do dozens of times, without a second for each start."""
    out, err = io.StringIO(), io.StringIO()
    levels = {name: logging.getLogger(name).level for name in ("", "hub")}
    umask = os.umask(0o077)
    environment = _environment(folder, variables)
    with pytest.MonkeyPatch.context() as machine, redirect_stdout(out), redirect_stderr(err):
        for name in os.environ.keys() - environment.keys():
            machine.delenv(name)
        for name, value in environment.items():
            machine.setenv(name, value)
        try:
            status = main([str(word) for word in words])
        finally:
            os.umask(umask)
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
    return Done(status, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class RunningHub:
    """A hub in a process of its own."""

    url: str
    setup_link: str | None
    folder: Path
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, number: int) -> int:
        """Sends a signal; what the hub ends with."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE_S)


@contextmanager
def running_hub(
    folder: Path, *options: str, variables: dict[str, str] | None = None, run: Path = RUN
) -> Iterator[RunningHub]:
    """Runs `serve` on a free port until the block ends. `run`: the program, where it is not that of the checkout."""
    log = folder.with_name(f"{folder.name}.log")
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, run, "serve", "--json", "--port", "0", *options],
            env=_environment(folder, variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert said, log.read_text()
        serving = msgspec.json.decode(said)
        yield RunningHub(serving["url"], serving["setup_link"], folder, process, log)
    finally:
        end(process, stop=SIGTERM)
        process.stdout.close()


def _environment(folder: Path, variables: dict[str, str] | None) -> dict[str, str]:
    """Without what the machine itself says about a hub."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("ONETHREAD_")}
    return bare | {"ONETHREAD_DATA": str(folder)} | (variables or {})


def told(lines: str, words: Sequence[str]) -> bool:
    """Whether one line says all of this."""
    return any(all(word in line for word in words) for line in lines.splitlines())
