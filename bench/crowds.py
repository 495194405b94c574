"""The processes of a crowd as the measurement sees them: asked how they are, stopped and let go on."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench import machine
from bench.figures import NotMeasured
from bench.load.crowd import Crowd
from bench.load.member import Count
from bench.processes import HOME

_LOOK_S = 0.1
_ESTABLISHED = "01"


class Part:
    """One process of the crowd."""

    def __init__(self, process: subprocess.Popen[bytes], job: Crowd) -> None:
        self._process = process
        self.size = job.consoles + job.widgets
        # Widgets are not told what others write.
        self.hears = job.consoles > 0
        self._say(msgspec.json.encode(job))

    def wait_until_there(self) -> None:
        self._ask("come")

    def count(self) -> Count:
        """What it has seen."""
        return msgspec.json.decode(self._ask("count"), type=Count)

    def delays_ms(self) -> list[float]:
        """From sending a message until a console had it, for some of those since this was asked last."""
        return msgspec.json.decode(self._ask("delays"), type=list[float])

    def ports(self) -> set[int]:
        return set(msgspec.json.decode(self._ask("ports"), type=list[int]))

    def stop(self) -> None:
        """Hold it as it is: its machine answers for it, it does not."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def be_deaf(self) -> None:
        """Read nothing any more, though the process lives."""
        self._ask("deaf")

    def listen(self) -> None:
        self._ask("listen")

    def _ask(self, word: str) -> bytes:
        self._say(word.encode())
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotMeasured("A part of the crowd has ended.")
        return line

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()


@contextlib.contextmanager
def part(job: Crowd, core: int | None, log: Path) -> Iterator[Part]:
    """A part of the crowd, from its coming to the end of the block."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.load.crowd"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=HOME,
        )
    machine.pin(core, process.pid)
    try:
        yield Part(process, job)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def established(port: int) -> set[int]:
    """The far ends of a server's open connections on this machine."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    rows = [line.split()[1:4] for line in lines]
    here = f":{port:04X}"
    return {int(far[-4:], 16) for near, far, state in rows if state == _ESTABLISHED and near.endswith(here)}


def seconds_until(what: Callable[[], bool], patience: float, look_s: float = _LOOK_S) -> float | None:
    """How long it took to become true, looked at so often; None when it did not."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > patience:
            return None
        time.sleep(look_s)
    return time.monotonic() - began


def together(parts: Sequence[Part]) -> Count:
    """What all of them have seen."""
    counts = [one.count() for one in parts]
    summed: dict[str, Any] = {
        name: sum(getattr(count, name) for count in counts)
        for name in ("open", "returns", "anew", "gaps", "doubles", "strangers")
    }
    heard = min(count.heard for one, count in zip(parts, counts, strict=True) if one.hears)
    return Count(heard=heard, **summed)
