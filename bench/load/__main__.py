"""`python -m bench.load JOB`: reads the job as JSON, does it, prints what it measured."""

from __future__ import annotations

import gc
import sys
from typing import Any

import msgspec

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

JOBS: dict[str, type[Any]] = {
    job.__name__: job for job in (Accept, Commits, Echo, Fanout, Idle, MailFloor, Post, Reads, Webhooks)
}


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=JOBS[sys.argv[1]])
    gc.disable()
    try:
        found = job.run()
    except (BadAnswer, OSError) as problem:
        sys.exit(f"{problem}")
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
