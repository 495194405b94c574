"""All widgets of this node: whose news a batch of the log is, who types to whom, and how often a visitor may ask."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Protocol

import msgspec

from hub.bus import Bus, Hint
from hub.errors import HubError
from hub.limits import Limits
from hub.services.log import Event
from hub.throttle import Throttle

# How long other nodes have to say that a visitor is with them.
ANSWER_S = 1.0


class _Author(msgspec.Struct, frozen=True):
    kind: str = ""
    id: int | None = None


class _Said(msgspec.Struct, frozen=True):
    author: _Author = _Author()


class _Changes(msgspec.Struct, frozen=True):
    entries: tuple[_Said, ...] = ()


class _Body(msgspec.Struct, frozen=True):
    """Of an event as consoles get it: who said what is new in it."""

    changes: _Changes = _Changes()


_read_body = msgspec.json.Decoder(_Body).decode


class OpenWidget(Protocol):
    """A widget's socket, as far as the others matter to it."""

    visitor_id: int
    # None until the visitor's first message.
    conversation_id: int | None
    customer_id: int | None

    async def refresh(self) -> None: ...

    def typing(self, name: str | None) -> None: ...

    def refuse(self, refusal: HubError) -> None: ...


class Widgets:
    """Who is there, and what of the log is theirs."""

    def __init__(self, bus: Bus, limits: Limits) -> None:
        self._bus = bus
        # Visitors whom other nodes were asked for.
        self._asked: dict[int, asyncio.Event] = {}
        bus.listen(self._on_hint)
        self.sockets: set[OpenWidget] = set()
        # How many sockets of each visitor there are: asked for by each that leaves.
        self._here: Counter[int] = Counter()
        self.messages = Throttle(limits.messages_per_visitor, 60)
        self.calls = Throttle(limits.calls_per_visitor, 60)
        self.tells = Throttle(limits.calls_per_visitor, 60)
        self.visitors = Throttle(limits.visitors_per_address, 60)
        self.files = Throttle(limits.files_per_visitor * 10, 600)

    def join(self, socket: OpenWidget) -> None:
        """This widget hears what is new to its visitor from now on."""
        self.sockets.add(socket)
        self._here[socket.visitor_id] += 1

    def leave(self, socket: OpenWidget) -> None:
        if socket not in self.sockets:
            return
        self.sockets.remove(socket)
        self._here[socket.visitor_id] -= 1
        if not self._here[socket.visitor_id]:
            del self._here[socket.visitor_id]

    def count(self) -> int:
        """How many are open at this node."""
        return len(self.sockets)

    def throttles(self) -> dict[str, Throttle]:
        """What is counted, by name."""
        counted = {"messages": self.messages, "calls": self.calls, "tells": self.tells}
        counted |= {"visitors": self.visitors, "files": self.files}
        return {f"widgets.{name}": throttle for name, throttle in counted.items()}

    async def on_events(self, events: list[Event]) -> None:
        """Called by the log: each socket that this batch concerns looks what is new to it."""
        conversations = {event.conversation_id for event in events} - {None}
        customers = {event.customer_id for event in events} - {None}
        newcomers = self._newcomers_heard(events)
        for socket in list(self.sockets):
            if (
                socket.conversation_id in conversations
                or socket.customer_id in customers
                or (socket.conversation_id is None and socket.visitor_id in newcomers)
            ):
                try:
                    await socket.refresh()
                except HubError as refusal:
                    # One that cannot be told must not cost the others their news: it comes back for a snapshot.
                    socket.refuse(refusal)

    def _newcomers_heard(self, events: list[Event]) -> set[int | None]:
        """Visitors who wrote for the first time, perhaps in another tab: their sockets know no conversation yet."""
        if all(socket.conversation_id is not None for socket in self.sockets):
            return set()
        bodies = [_read_body(event.body) for event in events if event.kind == "message.received"]
        authors = [said.author for body in bodies for said in body.changes.entries]
        return {author.id for author in authors if author.kind == "customer"} - {None}

    def on_typing(self, customer: int, name: str | None) -> None:
        """A colleague writes a reply to this customer, or nobody does any more."""
        for socket in self.sockets:
            if socket.customer_id == customer:
                socket.typing(name)

    async def is_anywhere(self, visitor_id: int) -> bool:
        """Whether a page of this visitor is open, at this node or another."""
        if self._is_here(visitor_id) or not self._bus.is_shared:
            return self._is_here(visitor_id)
        found = self._asked.setdefault(visitor_id, asyncio.Event())
        self._bus.publish("visitor", {"id": visitor_id})
        try:
            async with asyncio.timeout(ANSWER_S):
                return await found.wait()
        except TimeoutError:
            return False
        finally:
            self._asked.pop(visitor_id, None)

    def _is_here(self, visitor_id: int) -> bool:
        return visitor_id in self._here

    def _on_hint(self, hint: Hint) -> None:
        """Another node asks for a visitor, or answers that they are there."""
        if hint.node == self._bus.node or hint.kind not in {"visitor", "here"}:
            return
        visitor_id = msgspec.convert(hint.body["id"], int)
        if hint.kind == "here" and visitor_id in self._asked:
            self._asked[visitor_id].set()
        elif hint.kind == "visitor" and self._is_here(visitor_id):
            self._bus.publish("here", {"id": visitor_id})
