"""Who looks at which customer and who types, on every node. Never stored, soon forgotten."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import msgspec

from agent_ui.protocol import encode
from agent_ui.sockets.feed import Feed
from agent_ui.sockets.outlet import Shared
from hub.bus import Bus, Hint

# Whoever is there says so again every 20 seconds; of whom nothing was heard for so long, their leaving was not heard.
FORGET_S = 60.0
# How often those who fell silent are looked for.
SWEEP_S = 10.0
# Beyond this many those who said least lately are forgotten first.
MOST = 50_000
# So many at a time are told to a node that has just come.
TOLD_AT_ONCE = 200
DOINGS = ("reading", "reply", "note")

TypingListener = Callable[[int, str | None], None]


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """Where one socket is: a colleague's at the customer they look at, a visitor's at the customer they are."""

    customer: int
    # None: the visitor's.
    agent: int | None = None
    name: str = ""
    doing: str = "reading"
    typing: bool = False
    text: str = ""


class Presence:
    """Knows, for each customer, which colleagues are there and whether the visitor is; tells what changes."""

    def __init__(self, bus: Bus, feed: Feed, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._bus = bus
        self._feed = feed
        # By socket, those heard of longest ago first: where it is, until when that counts, and of which node.
        self._seats: OrderedDict[str, tuple[Seat, float, str]] = OrderedDict()
        self._sockets_at: defaultdict[int, set[str]] = defaultdict(set)
        # What consoles were told last of each customer, and widgets of who writes to them.
        self._told: dict[int, dict[str, Any]] = {}
        self._writers: dict[int, str] = {}
        self._typing_listeners: list[TypingListener] = []
        self._sweep_at = 0.0
        bus.listen(self._on_hint)

    def on_typing(self, listener: TypingListener) -> None:
        """Call `listener(customer, name)` when somebody else, or nobody any more, writes a reply to this customer."""
        self._typing_listeners.append(listener)

    def sit(self, socket: str, seat: Seat | None) -> None:
        """Tell every node where this socket is now; None: nowhere."""
        self._bus.publish("presence", {"socket": socket, "seat": msgspec.to_builtins(seat)})

    def of(self, customer: int) -> dict[str, Any]:
        """Who is at this customer now, as consoles are told."""
        agents: dict[int, str] = {}
        visitor: dict[str, Any] | None = None
        for seat in self._seats_at(customer):
            if seat.agent is None:
                if visitor is None or seat.typing:
                    visitor = {"online": True, "typing": seat.typing, "text": seat.text if seat.typing else ""}
            elif DOINGS.index(seat.doing) >= DOINGS.index(agents.get(seat.agent, "reading")):
                agents[seat.agent] = seat.doing
        shown = [{"id": agent, "doing": doing} for agent, doing in sorted(agents.items())]
        return {"customer": customer, "agents": shown, "visitor": visitor}

    def everywhere(self) -> list[dict[str, Any]]:
        """What a console that has just come is told."""
        return list(self._told.values())

    def writer(self, customer: int) -> str | None:
        """The name of a colleague who writes a reply to this customer now."""
        return self._writers.get(customer)

    def forget_silent(self) -> None:
        """Those of whom nothing was heard any more are gone; asked for again and again."""
        now = self._now()
        if now < self._sweep_at:
            return
        self._sweep_at = now + SWEEP_S
        while self._seats:
            socket, (_, until, _) = next(iter(self._seats.items()))
            if until > now:
                return
            self._leave(socket)

    def _seats_at(self, customer: int) -> list[Seat]:
        return [self._seats[socket][0] for socket in sorted(self._sockets_at.get(customer, ()))]

    def _on_hint(self, hint: Hint) -> None:
        match hint.kind:
            case "presence":
                body: dict[str, Any] = dict(hint.body)
                seat = msgspec.convert(body["seat"], Seat | None)
                if seat is None:
                    self._leave(body["socket"])
                else:
                    self._take(body["socket"], seat, hint.node)
                self.forget_silent()
            case "seats" if hint.node != self._bus.node:
                for socket, seat in msgspec.convert(hint.body, dict[str, Seat]).items():
                    self._take(socket, seat, hint.node)
            case "joined":
                self._tell_again()
            case "left":
                for socket in [socket for socket, (_, _, node) in self._seats.items() if node == hint.node]:
                    self._leave(socket)

    def _tell_again(self) -> None:
        """Who is at this node, for one that has just come and knows nobody."""
        ours = [(socket, seat) for socket, (seat, _, node) in self._seats.items() if node == self._bus.node]
        for start in range(0, len(ours), TOLD_AT_ONCE):
            seats = dict(ours[start : start + TOLD_AT_ONCE])
            self._bus.publish("seats", {socket: msgspec.to_builtins(seat) for socket, seat in seats.items()})

    def _take(self, socket: str, seat: Seat, node: str) -> None:
        before = self._seats.get(socket)
        if before is not None and before[0].customer != seat.customer:
            self._leave(socket)
        self._seats[socket] = (seat, self._now() + FORGET_S, node)
        self._seats.move_to_end(socket)
        self._sockets_at[seat.customer].add(socket)
        self._tell(seat.customer)
        if len(self._seats) > MOST:
            self._leave(next(iter(self._seats)))

    def _leave(self, socket: str) -> None:
        left = self._seats.pop(socket, None)
        if left is None:
            return
        customer = left[0].customer
        self._sockets_at[customer].discard(socket)
        if not self._sockets_at[customer]:
            del self._sockets_at[customer]
        self._tell(customer)

    def _tell(self, customer: int) -> None:
        """Tell consoles and widgets what is no longer as they were told."""
        there = self.of(customer)
        if there != self._told.get(customer, {"customer": customer, "agents": [], "visitor": None}):
            frame = Shared(encode({"presence": there}))
            for console in self._feed.consoles:
                console.outlet.send_shared(frame)
        if there["agents"] or there["visitor"]:
            self._told[customer] = there
        else:
            self._told.pop(customer, None)
        self._tell_typing(customer)

    def _tell_typing(self, customer: int) -> None:
        writer = next((seat.name for seat in self._seats_at(customer) if seat.doing == "reply"), None)
        if writer == self._writers.get(customer):
            return
        if writer is None:
            del self._writers[customer]
        else:
            self._writers[customer] = writer
        for listener in self._typing_listeners:
            listener(customer, writer)
