"""Shows every console who is calling, the moment a telephone system reports it."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_ui.protocol import encode
from agent_ui.sockets.feed import Feed
from hub.bootstrap import Hub
from hub.clock import from_text
from hub.services.log import Event

# A call reported later than this rings no more.
FRESH_MS = 60_000


class ScreenPop:
    """Turns `call.reported` into a `presence` frame with whoever may be calling."""

    def __init__(self, hub: Hub, feed: Feed) -> None:
        self._hub = hub
        self._feed = feed

    async def on_events(self, events: list[Event]) -> None:
        """Called by the log with each batch."""
        for event in events:
            if event.kind == "call.reported" and self._feed.consoles:
                await self._pop(msgspec.json.decode(event.body))

    async def _pop(self, event: dict[str, Any]) -> None:
        entry = next(iter(event["changes"].get("entries", ())), None)
        if entry is None or entry["direction"] != "in" or not self._is_fresh(entry):
            return
        phone = entry["endpoint"]["address"] if entry["endpoint"] else None
        candidates = await self._hub.calls.who_may_call(phone, event["customer"])
        frame = encode({"presence": {"customer": None, "call": {"phone": phone, "candidates": candidates}}})
        for console in self._feed.consoles:
            console.outlet.send(frame)

    def _is_fresh(self, entry: dict[str, Any]) -> bool:
        return self._hub.clock.now() - from_text(entry["received_time"]) < FRESH_MS
