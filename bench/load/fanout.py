"""The load of goals B and B′: something is told to many consoles, and the next only once all have it."""

from __future__ import annotations

import secrets
import select
import time
from typing import Any

import msgspec

from bench import machine
from bench.figures import percentile
from bench.load.console import Console, open_consoles
from bench.load.http import BadAnswer, HttpLine, request

_TEXT = "An answer as long as people write them, or a little longer than that, so that it counts."


class Fanout(msgspec.Struct, frozen=True, kw_only=True):
    """So many single events, one at a time. Without a token: to the bare server's listeners."""

    port: int
    server: int
    consoles: int
    events: int
    agents: int = 1
    token: str = ""
    seed: int = 1

    def run(self) -> dict[str, Any]:
        consoles = open_consoles(self.port, self.consoles, self.agents) if self.token else self._listeners()
        tell = self._messages() if self.token else self._teller()
        poll = select.epoll()
        by_number = {console.fileno(): console for console in consoles}
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        took: list[float] = []
        before = sum(console.bytes for console in consoles)
        cpu = machine.cpu_seconds(self.server)
        for number in range(self.events):
            began = time.perf_counter()
            tell(number)
            self._until_all_have(number + 1, poll, by_number)
            took.append(time.perf_counter() - began)
        used = machine.cpu_seconds(self.server) - cpu
        deliveries = self.events * self.consoles
        return {
            "rate": deliveries / sum(took),
            "cpu_us": used / deliveries * 1e6,
            "frame_bytes": (sum(console.bytes for console in consoles) - before) / deliveries,
            "all_have_ms": [percentile(took, p) * 1000 for p in (50, 95)],
        }

    def _until_all_have(self, events: int, poll: select.epoll, by_number: dict[int, Console]) -> None:
        missing = len(by_number)
        while missing:
            for number, _ in poll.poll():
                console = by_number[number]
                before = console.events
                console.receive()
                if before < events <= console.events:
                    missing -= 1

    def _listeners(self) -> list[Console]:
        return [Console(self.port, "/listen") for _ in range(self.consoles)]

    def _teller(self) -> Any:
        teller = Console(self.port, "/tell")
        return lambda number: teller.send(b"1")

    def _messages(self) -> Any:
        line, run = HttpLine(self.port), secrets.token_hex(6)
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}

        def tell(number: int) -> None:
            sender = {"kind": "email", "address": f"customer{number % 900 + 3}@example.com", "verified": True}
            fields = {"account": "api", "external_id": f"{run}-{number}", "from": sender, "text": _TEXT}
            status, body = line.ask(request("POST", "/api/v1/messages", headers, msgspec.json.encode(fields)))
            if status != 201:
                raise BadAnswer(f"A message was answered {status}: {body[:200]!r}")

        return tell
