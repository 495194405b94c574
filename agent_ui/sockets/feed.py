"""Hands every batch of the log to every console: rights checked per event and group, each event encoded once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from agent_ui.protocol import events_frame
from agent_ui.sockets.outlet import Outlet, Shared
from hub.security import Actor, may_hear
from hub.services.log import Event, Position

# Who waits for the hub itself while so much happens is cut too, and comes back for what was missed.
MOST_BEHIND = 10_000


class Console:
    """One console on the feed: who it is, and how far it has come."""

    __slots__ = ("actor", "behind", "doubted", "outlet", "position")

    def __init__(self, actor: Actor, outlet: Outlet) -> None:
        self.actor = actor
        self.outlet = outlet
        # None while it waits: what happens meanwhile is kept in `behind`.
        self.position: Position | None = None
        self.behind: list[Event] = []
        # Something happened that may have ended its session or changed its rights.
        self.doubted = asyncio.Event()

    def catch_up(self, position: Position) -> None:
        """It now has everything up to `position`: send what came meanwhile, then go on live."""
        self.position = position
        waiting, self.behind = self.behind, []
        if waiting:
            self.feed(waiting)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Events wait inside the block, so that an answer read in it is never older than what was sent before it."""
        position, self.position = self.position, None
        try:
            yield
        finally:
            assert position is not None
            self.catch_up(position)

    def feed(self, events: list[Event]) -> None:
        """Send those events that are new to it and meant for it."""
        assert self.position is not None
        fresh = [event for event in events if self.position.is_before(event)]
        self.position = self.position.after(events)
        bodies = [event.body for event in fresh if may_hear(self.actor, event.audience)]
        if bodies:
            self.outlet.send(events_frame(bodies, self.position.text()))


class Feed:
    """All consoles of this node."""

    def __init__(self) -> None:
        self.consoles: set[Console] = set()

    def count(self) -> int:
        """How many are open at this node."""
        return len(self.consoles)

    def on_events(self, events: list[Event]) -> None:
        """Called by the log with each batch. Consoles with the same rights share one frame."""
        if not self.consoles:
            return
        position = Position(events[-1].id, events[-1].xid)
        private = {event.audience for event in events if event.audience}
        doubts = any(event.kind.startswith(("agent.", "session.")) for event in events)
        frames: dict[str, Shared | None] = {}
        for console in list(self.consoles):
            if doubts:
                console.doubted.set()
            if console.position is None:
                console.behind += events
                if len(console.behind) > MOST_BEHIND:
                    console.outlet.cut()
            elif console.position.seen or not console.position.is_before(events[0]):
                console.feed(events)
            else:
                group = _group(console.actor, private)
                if group not in frames:
                    frames[group] = self._frame(console.actor, events, position)
                console.position = position
                frame = frames[group]
                if frame is not None:
                    console.outlet.send_shared(frame)

    def _frame(self, actor: Actor, events: list[Event], position: Position) -> Shared | None:
        bodies = [event.body for event in events if may_hear(actor, event.audience)]
        return Shared(events_frame(bodies, position.text())) if bodies else None


def _group(actor: Actor, private: set[str]) -> str:
    """Who shares a frame: the same role and scopes, and nothing in it for one of them alone."""
    own = f"agent:{actor.id}"
    if own in private:
        return own
    return actor.role if actor.scopes is None else f"{actor.role}|{sorted(actor.scopes)}"
