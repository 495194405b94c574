"""The calls of the console's socket: what each takes, and which service it asks. Described in `agent_ui/README.md`."""

from __future__ import annotations

from agent_ui.sockets.calls import colleagues, requests, shown, system, written
from agent_ui.sockets.calls.call import CALLS, Call, Caller
from agent_ui.sockets.calls.shown import down_to

__all__ = ["CALLS", "Call", "Caller", "colleagues", "down_to", "requests", "shown", "system", "written"]
