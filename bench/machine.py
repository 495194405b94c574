"""The machine under the measurement: its disk, its cores, and what a process uses of them."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import signal
import tempfile
import time
from pathlib import Path

_BLOCK = b"\0" * 4096
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SYNC_S = 0.15


def fdatasync_rate(folder: Path, seconds: float = _SYNC_S) -> float:
    """How often a second this disk makes 4 KiB durable, one after the other."""
    with tempfile.TemporaryFile(dir=folder) as file:
        number, count = file.fileno(), 0
        os.pwrite(number, _BLOCK, 0)
        os.fsync(number)
        began = now = time.perf_counter()
        while now - began < seconds:
            os.pwrite(number, _BLOCK, 0)
            os.fdatasync(number)
            count, now = count + 1, time.perf_counter()
    return count / (now - began)


def cores() -> tuple[int, int] | None:
    """A core for what is measured and one for the load; None where there is only one."""
    free = sorted(os.sched_getaffinity(0))
    return (free[0], free[1]) if len(free) > 1 else None


def pin(core: int | None, process: int = 0) -> None:
    """Keep a process, and what it starts from now on, on one core."""
    if core is not None:
        os.sched_setaffinity(process, {core})


def cpu_seconds(process: int) -> float:
    """What a process has used of the processor, all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_bytes(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def kill(process: int) -> None:
    """End a process as a failing machine does: without a word."""
    os.kill(process, signal.SIGKILL)


def busy_seconds() -> float:
    """What everything on this machine has used of its cores so far."""
    fields = [int(n) for n in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / _TICKS


def stolen_seconds() -> float:
    """What the host of this virtual machine has given to others while we had work for it (proc(5), `steal`)."""
    return int(Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[8]) / _TICKS


def family_seconds() -> float:
    """What this process and all that it has started, running or ended, have used of the cores so far."""
    used: dict[int, float] = {}
    started: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = place.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            process = int(place.parent.name)
            # Its own, and that of children whose end it has been told.
            used[process] = sum(map(int, fields[11:15])) / _TICKS
            started.setdefault(int(fields[1]), []).append(process)
    total, rest = 0.0, [os.getpid()]
    while rest:
        process = rest.pop()
        total += used.get(process, 0.0)
        rest += started.get(process, ())
    return total


def name() -> str:
    """The machine in a few words."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    gib = os.sysconf("SC_PHYS_PAGES") * _PAGE / (1 << 30)
    return f"{os.cpu_count()} × {model}, {gib:.0f} GiB, Python {platform.python_version()}"


def allow_many_files() -> None:
    """Let this process, and those it starts, hold as many sockets as the machine allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
