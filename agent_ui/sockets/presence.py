"""Who looks at which customer and who types, on every node. Never stored, soon forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from agent_ui.protocol import encode
from agent_ui.sockets.feed import Feed
from hub.bus import Bus, Hint

# A colleague of whom a node tells nothing for so long is gone.
FORGET_S = 60.0
DOINGS = ("reading", "reply", "note")


class Presence:
    """Knows, for each customer, which colleagues are there and whether the visitor is."""

    def __init__(self, bus: Bus, feed: Feed) -> None:
        self._bus = bus
        self._feed = feed
        # customer -> (node, socket) -> (agent, doing, until)
        self._agents: dict[int, dict[str, tuple[int, str, float]]] = {}
        self._visitors: dict[int, dict[str, tuple[dict[str, Any], float]]] = {}
        self._typing_listeners: list[Callable[[int, str, str], None]] = []
        bus.listen(self._on_hint)

    def on_typing(self, listener: Callable[[int, str, str], None]) -> None:
        """Call `listener(customer, name, doing)` when a colleague's doing changes."""
        self._typing_listeners.append(listener)

    def colleague(self, socket: str, agent_id: int, name: str, customer: int | None, doing: str) -> None:
        """A colleague's console looks at this customer now (None: at none)."""
        body = {"socket": socket, "agent": agent_id, "name": name, "customer": customer, "doing": doing}
        self._bus.publish("presence", body)

    def visitor(self, socket: str, customer: int, online: bool, typing: bool, text: str = "") -> None:
        """A customer's browser is there, or types."""
        body = {"socket": socket, "visitor": customer, "online": online, "typing": typing, "text": text}
        self._bus.publish("presence", body)

    def _on_hint(self, hint: Hint) -> None:
        if hint.kind != "presence":
            return
        if "visitor" in hint.body:
            self._take_visitor(hint)
        else:
            self._take_colleague(hint)

    def _take_visitor(self, hint: Hint) -> None:
        body: dict[str, Any] = dict(hint.body)
        customer = int(body["visitor"])
        there = self._visitors.setdefault(customer, {})
        if body["online"]:
            there[body["socket"]] = (body, time.monotonic() + FORGET_S)
        else:
            there.pop(body["socket"], None)
        self._tell(customer)

    def _take_colleague(self, hint: Hint) -> None:
        body: dict[str, Any] = dict(hint.body)
        socket, customer = body["socket"], body["customer"]
        changed = [c for c, there in self._agents.items() if c != customer and there.pop(socket, None)]
        if customer is not None:
            self._agents.setdefault(customer, {})[socket] = (body["agent"], body["doing"], time.monotonic() + FORGET_S)
            changed.append(customer)
            for listener in self._typing_listeners:
                listener(customer, body["name"], body["doing"])
        for one in changed:
            self._tell(one)

    def of(self, customer: int) -> dict[str, Any]:
        """Who is at this customer now, as consoles are told."""
        now = time.monotonic()
        agents: dict[int, str] = {}
        for agent, doing, until in self._agents.get(customer, {}).values():
            if until > now and DOINGS.index(doing) >= DOINGS.index(agents.get(agent, "reading")):
                agents[agent] = doing
        visitors = [body for body, until in self._visitors.get(customer, {}).values() if until > now]
        typing = next((body for body in visitors if body["typing"]), None)
        visitor = {"online": True, "typing": typing is not None, "text": typing["text"] if typing else ""}
        return {
            "customer": customer,
            "agents": [{"id": agent, "doing": doing} for agent, doing in sorted(agents.items())],
            "visitor": visitor if visitors else None,
        }

    def everywhere(self) -> list[dict[str, Any]]:
        """What a console that has just come is told."""
        known = [self.of(customer) for customer in {*self._agents, *self._visitors}]
        return [there for there in known if there["agents"] or there["visitor"]]

    def _tell(self, customer: int) -> None:
        there = self.of(customer)
        if not there["agents"]:
            self._agents.pop(customer, None)
        if not there["visitor"]:
            self._visitors.pop(customer, None)
        frame = encode({"presence": there})
        for console in self._feed.consoles:
            console.outlet.send(frame)
