"""The load of goal I: a provider's webhooks, signed, so many under way at once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import select
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from bench.figures import percentile
from bench.load.http import BadAnswer, HttpLine, request

_PADDING = "x" * 400


class Webhooks(msgspec.Struct, frozen=True, kw_only=True):
    """So many webhooks for an account."""

    port: int
    account: str
    # The account's secret, without the prefix that people see.
    secret: str
    count: int
    in_flight: int

    def run(self) -> dict[str, Any]:
        asked = list(self._made())
        lines = {line.fileno(): line for line in (HttpLine(self.port) for _ in range(self.in_flight))}
        poll = select.epoll()
        for number in lines:
            poll.register(number, select.EPOLLIN)
        took: list[float] = []
        began = time.perf_counter()
        waiting = iter(asked)
        for line in lines.values():
            self._send(line, waiting)
        while len(took) < self.count:
            for number, _ in poll.poll():
                answer = lines[number].receive()
                if answer is None:
                    continue
                if answer[0] != 204:
                    raise BadAnswer(f"A webhook was answered {answer[0]}: {answer[1][:200]!r}")
                took.append(time.perf_counter() - lines[number].began)
                self._send(lines[number], waiting)
        seconds = time.perf_counter() - began
        return {"rate": self.count / seconds, "answered_ms": [percentile(took, p) * 1000 for p in (50, 95, 99)]}

    def _send(self, line: HttpLine, waiting: Iterator[bytes]) -> None:
        following = next(waiting, None)
        if following is not None:
            line.began = time.perf_counter()
            line.send(following)

    def _made(self) -> Iterator[bytes]:
        """Standard Webhooks of a kind that needs no answer."""
        key, run, now = base64.b64decode(self.secret), secrets.token_hex(6), int(time.time())
        for number in range(self.count):
            told = {"type": "catalogue.changed", "timestamp": "2026-01-01T00:00:00Z", "data": {"note": _PADDING}}
            body, name = msgspec.json.encode(told), f"{run}-{number}"
            mac = hmac.digest(key, f"{name}.{now}.".encode() + body, hashlib.sha256)
            headers = {
                "content-type": "application/json",
                "webhook-id": name,
                "webhook-timestamp": str(now),
                "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
            }
            yield request("POST", f"/hooks/{self.account}", headers, body)
