"""The bare round trip: a text to the echo server and back, one after the other."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from bench.figures import percentile
from bench.load.console import Console


class Echo(msgspec.Struct, frozen=True, kw_only=True):
    """So many round trips."""

    port: int
    payload_bytes: int
    turns: int

    def run(self) -> dict[str, Any]:
        line, text = Console(self.port, "/echo"), b"x" * self.payload_bytes
        took = []
        for _ in range(self.turns):
            began = time.perf_counter()
            line.send(text)
            line.frame()
            took.append(time.perf_counter() - began)
        line.close()
        return {"trip_ms": [percentile(took, p) * 1000 for p in (50, 95, 99)]}
