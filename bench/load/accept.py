"""The load of goals A and L: messages come in by the API while consoles look on."""

from __future__ import annotations

import re
import secrets
import select
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from bench import machine
from bench.figures import percentile
from bench.load.console import Console, open_consoles
from bench.load.http import BadAnswer, HttpLine, request
from bench.words import Speaker

# Letters, not digits: many digits look like a phone number, for which the hub looks more closely.
_LETTERS = b"abcdefghij"
_DIGITS = b"0123456789"
_SPELT = bytes.maketrans(_DIGITS, _LETTERS)
_READ = bytes.maketrans(_LETTERS, _DIGITS)
_LONG_WORD = "long" * 16 + " "
_MARKED = re.compile(rb'"text":"x([a-j]{7})x ')


class Accept(msgspec.Struct, frozen=True, kw_only=True):
    """So many messages of known customers; `rate` a second, 0: as fast as they are answered."""

    port: int
    server: int
    token: str
    customers: int
    messages: int
    consoles: int
    agents: int
    in_flight: int
    rate: float = 0.0
    # Letters of each message, in words so long that there is little to index; 0: as people write.
    letters: int = 0
    # Further consoles, which never read.
    stuck: int = 0
    seed: int = 1

    def run(self) -> dict[str, Any]:
        return _Load(self).run()


def _spelt(number: int) -> str:
    return f"{number:07d}".encode().translate(_SPELT).decode()


class _Load:
    def __init__(self, job: Accept) -> None:
        self._job = job
        self._requests = list(self._made())
        self._sent_at = [0.0] * job.messages
        self._answered_at = [0.0] * job.messages
        self._seen_at = [0.0] * job.messages
        self._next = 0

    def _made(self) -> Iterator[bytes]:
        job, speaker = self._job, Speaker(self._job.seed)
        run = secrets.token_hex(6)
        headers = {"authorization": f"Bearer {job.token}", "content-type": "application/json"}
        for number in range(job.messages):
            customer = speaker.random.randint(1, job.customers)
            fields = {
                "account": "api",
                "external_id": f"{run}-{number}",
                "from": {"kind": "email", "address": f"customer{customer}@example.com", "verified": True},
                "text": f"x{_spelt(number)}x {_LONG_WORD * (job.letters // len(_LONG_WORD)) or speaker.sentence()}",
            }
            yield request("POST", "/api/v1/messages", headers, msgspec.json.encode(fields))

    def run(self) -> dict[str, Any]:
        job = self._job
        lines = [HttpLine(job.port) for _ in range(job.in_flight)]
        consoles = open_consoles(job.port, job.consoles, job.agents)
        stuck = open_consoles(job.port, job.stuck, job.agents)
        for console in stuck:
            console.stop_reading()
        poll = select.epoll()
        by_number: dict[int, HttpLine | Console] = {line.fileno(): line for line in lines}
        by_number |= {console.fileno(): console for console in consoles}
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        size = machine.resident_bytes(job.server)
        cpu, own, began = machine.cpu_seconds(job.server), time.process_time(), time.perf_counter()
        self._go(poll, by_number, lines, consoles, began)
        seconds = time.perf_counter() - began
        used = machine.cpu_seconds(job.server) - cpu
        grown = machine.resident_bytes(job.server) - size
        own = time.process_time() - own
        for line in (*by_number.values(), *stuck):
            line.close()
        return self._result(seconds, used, own, consoles) | {"grown": grown}

    def _go(
        self,
        poll: select.epoll,
        by_number: dict[int, HttpLine | Console],
        lines: list[HttpLine],
        consoles: list[Console],
        began: float,
    ) -> None:
        job, idle, answered = self._job, list(lines), 0
        under_way: dict[int, int] = {}
        while answered < job.messages or any(console.events < job.messages for console in consoles):
            wait = self._send_due(idle, under_way, began)
            for number, _ in poll.poll(wait):
                line = by_number[number]
                if isinstance(line, Console):
                    part = line.receive()
                    if line is consoles[0]:
                        self._note_seen(part)
                elif (answer := line.receive()) is not None:
                    if answer[0] != 201:
                        raise BadAnswer(f"A message was answered {answer[0]}: {answer[1][:200]!r}")
                    self._answered_at[under_way.pop(number)] = time.perf_counter()
                    answered += 1
                    idle.append(line)

    def _send_due(self, idle: list[HttpLine], under_way: dict[int, int], began: float) -> float | None:
        """Send what has its turn; how long until the next has."""
        job = self._job
        while idle and self._next < job.messages:
            if job.rate and (early := began + self._next / job.rate - time.perf_counter()) > 0:
                return early
            line = idle.pop()
            under_way[line.fileno()] = self._next
            self._sent_at[self._next] = time.perf_counter()
            line.send(self._requests[self._next])
            self._next += 1
        return None

    def _note_seen(self, part: bytes) -> None:
        now = time.perf_counter()
        for found in _MARKED.finditer(part):
            number = int(found[1].translate(_READ))
            if not self._seen_at[number]:
                self._seen_at[number] = now

    def _result(self, seconds: float, cpu: float, own: float, consoles: list[Console]) -> dict[str, Any]:
        answered = [b - a for a, b in zip(self._sent_at, self._answered_at, strict=True)]
        seen = [b - a for a, b in zip(self._sent_at, self._seen_at, strict=True) if b]
        return {
            "rate": self._job.messages / seconds,
            "cpu_us": cpu / self._job.messages * 1e6,
            "load_share": own / seconds,
            "deliveries": sum(console.events for console in consoles) / seconds,
            "frame_bytes": consoles[0].bytes / self._job.messages if consoles else 0,
            "answered_ms": [percentile(answered, p) * 1000 for p in (50, 95, 99)],
            "seen_ms": [percentile(seen, p) * 1000 for p in (50, 95, 99)] if seen else [],
            "seen": len(seen),
        }
