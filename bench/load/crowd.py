"""`python -m bench.load.crowd`: a part of a crowd, which its parent asks how it is. Each line in is a word."""

from __future__ import annotations

import asyncio
import random
import sys
from typing import Any

import msgspec
import uvloop

from bench.dataset.colleagues import session_secret
from bench.load.member import ConsoleMember, Count, Member, WidgetMember

# As many are opened at once.
_AT_ONCE = 50
_SAMPLE = 2_000


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """So many consoles and widgets of one process."""

    port: int
    consoles: int = 0
    widgets: int = 0
    agents: int = 1
    # Where the consoles say they were before, so that each resumes; None: each begins with a snapshot.
    position: str | None = None


class _Here:
    def __init__(self, job: Crowd) -> None:
        self._job = job
        self._count = Count()
        self._delays_ms: list[float] = []
        self._consoles = [
            ConsoleMember(job.port, self._count, session_secret(number % job.agents + 1), job.position, self._delays_ms)
            for number in range(job.consoles)
        ]
        self._members: list[Member] = [
            *self._consoles,
            *(WidgetMember(job.port, self._count) for _ in range(job.widgets)),
        ]

    async def come(self) -> None:
        for start in range(0, len(self._members), _AT_ONCE):
            some = self._members[start : start + _AT_ONCE]
            await asyncio.gather(*(member.come() for member in some))
            await asyncio.gather(*(member.came.wait() for member in some))

    def answer(self, word: str) -> Any:
        if word in {"deaf", "listen"}:
            for member in self._members:
                member.read(word == "listen")
        if word == "ports":
            return [port for member in self._members if (port := member.local_port())]
        if word == "delays":
            return self._sample()
        self._count.heard = min((console.heard for console in self._consoles), default=0)
        return self._count

    def _sample(self) -> list[float]:
        """Some of the delays since this was asked last."""
        found = random.sample(self._delays_ms, min(_SAMPLE, len(self._delays_ms)))
        self._delays_ms.clear()
        return found


async def main() -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    here = _Here(msgspec.json.decode(await lines.readline(), type=Crowd))
    coming = loop.create_task(here.come())
    while line := await lines.readline():
        word = line.decode().strip()
        if word == "come":
            await coming
        sys.stdout.buffer.write(msgspec.json.encode(here.answer(word)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(main())
