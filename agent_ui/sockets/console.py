"""The socket of signed-in colleagues: hello, snapshot or what was missed, then events, calls and presence."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from agent_ui.cookies import session_cookie
from agent_ui.decode import decode
from agent_ui.origins import check_origin, is_private
from agent_ui.protocol import Frame, Hello, Snapshot, Watch, encode, events_frame
from agent_ui.sockets.arrivals import Turns
from agent_ui.sockets.calls import CALLS, Caller, down_to
from agent_ui.sockets.feed import Console, Feed
from agent_ui.sockets.line import Line
from agent_ui.sockets.outlet import Outlet, first_within
from agent_ui.sockets.presence import DOINGS, Presence, Seat
from hub.bootstrap import Hub
from hub.database import Reading
from hub.errors import Forbidden, HubError, Invalid, NotFound, Unauthenticated
from hub.security import Actor, authorize, may_hear
from hub.services import log
from hub.services.company import company
from hub.services.log import Position

# A client further behind than this is better served by a snapshot.
MOST_MISSED = 2000


class Tell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a colleague looks, and what they do there."""

    customer: int | None = None
    doing: str = "reading"


async def console_socket(ws: WebSocket) -> None:
    """One console, from its handshake to its end. A browser reads the reason of a refusal only on an open line."""
    check_origin(ws.scope, ws.app.state.origins)
    await ws.accept()
    hub: Hub = ws.app.state.hub
    try:
        if not is_private(ws.scope):
            raise Forbidden("The console needs https, or a browser on this machine.")
        cookie = session_cookie(ws)
        session = await hub.sessions.session_of(cookie)
        authorize(session.actor, "console")
    except Unauthenticated as problem:
        await Outlet(ws).end("signed_out", problem.detail, again=False)
    except HubError as refusal:
        await Outlet(ws).refuse(refusal)
    else:
        await ConsoleSocket(ws, hub, session.actor, cookie).serve()


class ConsoleSocket(Line):
    """What one open console needs until it closes."""

    def __init__(self, ws: WebSocket, hub: Hub, actor: Actor, cookie: str) -> None:
        super().__init__(ws, hub)
        self._cookie = cookie
        self._presence: Presence = ws.app.state.presence
        self._feed: Feed = ws.app.state.feed
        self._console = Console(actor, self._outlet)
        self._caller = Caller(hub, actor)

    def _turns(self) -> Turns:
        return self._arrivals.consoles

    async def _gone(self) -> None:
        self._feed.consoles.discard(self._console)
        self._presence.sit(self._id, None)

    # --- catching up ---

    async def _begin(self, said: bytes) -> None:
        """What was missed since the position said, or a snapshot; then live."""
        hello = decode(said, Hello)
        self._count(self._arrivals.agents, self._console.actor.id)
        self._feed.consoles.add(self._console)
        position = Position.of(hello.position) if hello.position else None
        reached = await self._resume(position) if position is not None else None
        if reached is None:
            reached = await self._snapshot(hello.watch)
        for there in self._presence.everywhere():
            self._outlet.send(encode({"presence": there}))
        self._console.catch_up(reached)

    async def _resume(self, position: Position) -> Position | None:
        """Send exactly what was missed; None when the log does not reach back, or too much was."""
        found = await self._hub.db.view(_missed, position)
        if found is None:
            return None
        events, reached = found
        bodies = [event.body for event in events if may_hear(self._console.actor, event.audience)]
        self._outlet.send(events_frame(bodies, reached.text()))
        return reached

    async def _snapshot(self, watch: Watch) -> Position:
        snapshot, position = await self._hub.db.view(_read_snapshot, self._hub, self._console.actor, watch)
        self._outlet.send(encode({"snapshot": snapshot, "position": position.text()}))
        return position

    async def _rest(self, seconds: float) -> None:
        """After the pause, and in doubt at once, a look whether this colleague may still be here."""
        self._presence.forget_silent()
        await first_within(seconds, self._stopping, self._console.doubted)
        if self._stopping.is_set():
            return
        self._console.doubted.clear()
        try:
            await self.recheck()
        except (Unauthenticated, Forbidden):
            return
        except HubError:
            # The database cannot be asked now; calls that need rights are refused until it can.
            self._console.doubted.set()
            await first_within(1, self._stopping)

    async def recheck(self) -> None:
        """Close when the session has ended or the right was taken away."""
        try:
            actor = await self._hub.sessions.actor_of_session(self._cookie)
            authorize(actor, "console")
        except (Unauthenticated, Forbidden) as problem:
            await self._outlet.end("signed_out", problem.detail, again=False)
            raise
        self._console.actor = self._caller.actor = actor

    # --- frames ---

    async def _tell(self, news: bytes) -> None:
        tell = decode(news, Tell)
        if tell.doing not in DOINGS:
            raise Invalid("A colleague is reading, or writes a reply or a note.")
        actor = self._console.actor
        seat = None
        if tell.customer is not None:
            seat = Seat(customer=tell.customer, agent=actor.id, name=actor.name, doing=tell.doing)
        self._presence.sit(self._id, seat)

    async def _call(self, key: str, frame: Frame) -> None:
        call = CALLS.get(frame.do or "")
        with contextlib.nullcontext() if call is not None and call.apart else self._console.held():
            await super()._call(key, frame)

    async def _do(self, key: str, verb: str, given: bytes) -> Any:
        # Rights may have changed since the last call.
        await self.recheck()
        if verb not in CALLS:
            raise Invalid(f"There is no call “{verb}”.")
        return await CALLS[verb].run(self._caller, key, decode(given, CALLS[verb].given))


def _missed(rd: Reading, position: Position) -> tuple[list[log.Event], Position] | None:
    if not log.reaches(rd, position):
        return None
    events: list[log.Event] = []
    while True:
        batch, after = log.read(rd, position)
        events += batch
        if after == position:
            return events, position
        if len(events) > MOST_MISSED:
            return None
        position = after


def _read_snapshot(rd: Reading, hub: Hub, actor: Actor, watch: Watch) -> tuple[Snapshot, Position]:
    """The whole state of a console, and the position that it is as of, from one snapshot."""
    shown = hub.snapshot
    view = f"mine:{actor.id}" if watch.view == "mine" else watch.view
    page = (
        shown.inbox(rd, view, None, 50) if watch.view_floor is None else shown.inbox_window(rd, view, watch.view_floor)
    )
    conversation: Any = None
    if watch.customer is not None:
        with contextlib.suppress(NotFound):
            conversation = shown.conversation(rd, watch.customer, down_to(watch.entries_floor))
    snapshot = Snapshot(
        me=actor.id,
        company=company(rd),
        agents=shown.agents(rd),
        teams=[team for team in shown.teams(rd) if not team.gone],
        accounts=[account for account in shown.accounts(rd) if not account.gone],
        canned=[canned for canned in shown.canned(rd) if not canned.gone],
        drafts=shown.drafts(rd, actor.id),
        counts=shown.counts(rd, actor.id),
        list=page,
        conversation=conversation,
    )
    return snapshot, log.position(rd)


routes = [WebSocketRoute("/console/socket", console_socket)]
