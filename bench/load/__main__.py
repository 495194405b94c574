"""`python -m bench.load`: does one job after the other, each in a process of its own that starts at once."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from bench import machine
from bench.bare.commits import Commits
from bench.bare.mail import MailFloor
from bench.load.accept import Accept
from bench.load.echo import Echo
from bench.load.fanout import Fanout
from bench.load.http import BadAnswer
from bench.load.idle import Idle
from bench.load.post import Post
from bench.load.reads import Reads
from bench.load.webhooks import Webhooks
from bench.processes import Found, Wanted

JOBS: dict[str, type[Any]] = {
    job.__name__: job for job in (Accept, Commits, Echo, Fanout, Idle, MailFloor, Post, Reads, Webhooks)
}


def main() -> None:
    gc.disable()
    # Read by nobody but this process: what is forked from it writes, and ends.
    for line in iter(sys.stdin.buffer.readline, b""):
        forked = os.fork()
        if forked == 0:
            _write(_done(msgspec.json.decode(line, type=Wanted)))
            os._exit(0)
        _, status = os.waitpid(forked, 0)
        if status:
            _write(Found(problem=f"The load ended with status {status}."))


def _done(wanted: Wanted) -> Found:
    machine.pin(wanted.core)
    run: Callable[[], dict[str, Any]] = msgspec.json.decode(wanted.job, type=JOBS[wanted.name]).run
    try:
        return Found(found=run())
    except (BadAnswer, OSError) as problem:
        return Found(problem=f"{problem}")


def _write(found: Found) -> None:
    os.write(sys.stdout.fileno(), msgspec.json.encode(found) + b"\n")


if __name__ == "__main__":
    main()
