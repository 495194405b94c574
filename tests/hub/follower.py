"""A console as agent_ui/README.md describes it: a state from a snapshot, brought forward by events."""

from typing import Any

import msgspec

from hub.database import Reading
from hub.security import Actor, may_hear
from hub.services import log
from hub.services.log import Position
from tests.hub.world import World, plain

SHELVES = ("agents", "teams", "accounts", "canned", "drafts")


class Follower:
    """One colleague's whole state: the lists that are everywhere, one inbox list, one customer's screen."""

    def __init__(self, world: World, actor: Actor, view: str = "open", customer: int | None = None) -> None:
        self._world = world
        self._actor = actor
        self._view = view
        self._customer = customer
        self._position = Position(0)
        self.state: dict[str, Any] = {}
        self.kinds: list[str] = []

    async def begin(self) -> None:
        """Throw away what was known and take a snapshot."""
        self.state, self._position = await self._world.db.view(self._snapshot)

    def _snapshot(self, rd: Reading) -> tuple[dict[str, Any], Position]:
        shown = self._world.hub.snapshot
        everywhere = {
            "agents": shown.agents(rd),
            "teams": shown.teams(rd),
            "accounts": shown.accounts(rd),
            "canned": shown.canned(rd),
            "drafts": shown.drafts(rd, self._actor.id),
        }
        state: dict[str, Any] = {name: _shelf(plain(items)) for name, items in everywhere.items()}
        state["counts"] = {name: n for name, n in shown.counts(rd, self._actor.id).items() if n}
        state["rows"] = _shelf(plain(shown.inbox(rd, self._view, None, 500).rows))
        if self._customer is not None:
            screen = plain(shown.conversation(rd, self._customer))
            assert screen["floor"] is None, "a follower looks at short conversations only"
            state["customer"] = screen["customer"]
            for name in ("entries", "requests", "orders"):
                state[name] = _shelf(screen[name])
        return state, log.position(rd)

    async def follow(self) -> None:
        """Apply what happened since, and hold the outcome against a new snapshot."""
        while True:
            events, after = await self._world.db.view(log.read, self._position)
            for event in events:
                self.kinds.append(event.kind)
                if may_hear(self._actor, event.audience):
                    self._apply(plain_event(event.body))
            if after == self._position:
                break
            self._position = after
        fresh, _ = await self._world.db.view(self._snapshot)
        assert self.state == fresh

    def _apply(self, event: dict[str, Any]) -> None:
        changes = event["changes"]
        for name in SHELVES:
            self._place(name, changes.get(name, []), lambda item: True)
        self._place("rows", changes.get("rows", []), lambda row: self._view in row["views"])
        if self._customer is not None:
            self._apply_to_screen(changes)
        for name, delta in event["counts"].items():
            if name in {"open", "unassigned", "snoozed", "failed", f"mine:{self._actor.id}"}:
                self._count(name, delta)

    def _apply_to_screen(self, changes: dict[str, Any]) -> None:
        for customer in changes.get("customers", []):
            if customer["id"] == self._customer and customer["version"] >= self.state["customer"]["version"]:
                self.state["customer"] = customer
        for name in ("entries", "requests"):
            self._place(name, changes.get(name, []), lambda item: item["customer_id"] == self._customer)
        self._place("orders", changes.get("orders", []), lambda item: self._customer in item["customer_ids"])

    def _place(self, name: str, items: list[Any], belongs: Any) -> None:
        shelf = self.state[name]
        for item in items:
            held = shelf.get(item["id"])
            if held is not None and held["version"] > item["version"]:
                continue
            # What is gone leaves the lists that a snapshot leaves it out of.
            if belongs(item) and not (item.get("gone") and name == "drafts"):
                shelf[item["id"]] = item
            else:
                shelf.pop(item["id"], None)

    def _count(self, name: str, delta: int) -> None:
        counted = self.state["counts"].get(name, 0) + delta
        if counted:
            self.state["counts"][name] = counted
        else:
            self.state["counts"].pop(name, None)


def _shelf(items: list[Any]) -> dict[int, Any]:
    return {item["id"]: item for item in items}


def plain_event(body: str) -> dict[str, Any]:
    event: dict[str, Any] = msgspec.json.decode(body)
    return event
