"""The call about the hub itself."""

from __future__ import annotations

from typing import Any

from agent_ui.sockets.calls.call import Caller, Given, call


@call(Given, apart=True)
async def system(caller: Caller, key: str, given: Given) -> Any:
    return await caller.hub.systems.look(caller.actor)
