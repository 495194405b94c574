"""The load of goal C: consoles that are open, and nothing happens."""

from __future__ import annotations

from typing import Any

import msgspec

from bench import machine
from bench.load.console import open_consoles

_WARM_UP = 100


class Idle(msgspec.Struct, frozen=True, kw_only=True):
    """So many consoles, beside a few that were there before."""

    port: int
    server: int
    consoles: int
    agents: int

    def run(self) -> dict[str, Any]:
        first = open_consoles(self.port, _WARM_UP, self.agents)
        before = machine.resident_bytes(self.server)
        consoles = open_consoles(self.port, self.consoles, self.agents)
        after = machine.resident_bytes(self.server)
        for console in (*first, *consoles):
            console.close()
        return {"bytes_each": (after - before) / self.consoles}
