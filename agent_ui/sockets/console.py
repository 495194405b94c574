"""The socket of signed-in colleagues: hello, snapshot or what was missed, then events, calls and presence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from typing import Any

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_ui.cookies import session_cookie
from agent_ui.decode import decode
from agent_ui.errors import problem_of
from agent_ui.origins import check_origin, is_private
from agent_ui.protocol import Frame, Hello, Snapshot, Watch, encode, events_frame, read_frame
from agent_ui.sockets.calls import CALLS, Call, Caller, down_to
from agent_ui.sockets.feed import Console
from agent_ui.sockets.outlet import Outlet, first_within
from agent_ui.sockets.presence import DOINGS
from hub.bootstrap import Hub
from hub.clock import to_text
from hub.database import Reading
from hub.errors import Forbidden, HubError, Invalid, Malformed, NotFound, Unauthenticated
from hub.security import Actor, authorize, may_hear
from hub.services import log
from hub.services.company import company
from hub.services.log import Position

logger = logging.getLogger(__name__)

HELLO_WITHIN_S = 15
BEAT_S = 20
# A client further behind than this is better served by a snapshot.
MOST_MISSED = 2000
ANSWERS_KEPT = 100


class Tell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a colleague looks, and what they do there."""

    customer: int | None = None
    doing: str = "reading"


async def console_socket(ws: WebSocket) -> None:
    """One console, from its handshake to its end."""
    hub: Hub = ws.app.state.hub
    check_origin(ws.scope, ws.app.state.origins)
    if not is_private(ws.scope):
        raise Forbidden("The console needs https, or a browser on this machine.")
    cookie = session_cookie(ws)
    session = await hub.sessions.session_of(cookie)
    authorize(session.actor, "console")
    await ws.accept()
    await ConsoleSocket(ws, hub, session.actor, cookie).serve()


class ConsoleSocket:
    """What one open console needs until it closes."""

    def __init__(self, ws: WebSocket, hub: Hub, actor: Actor, cookie: str) -> None:
        self._ws = ws
        self._hub = hub
        self._cookie = cookie
        self._id = secrets.token_hex(8)
        self._outlet = Outlet(ws)
        self._console = Console(actor, self._outlet)
        self._caller = Caller(hub, actor, ws.app.state.presence)
        # Answers already given on this line: the same key again is answered from here.
        self._answers: dict[str, str] = {}

    async def serve(self) -> None:
        state = self._ws.app.state
        beat = None
        try:
            hello = await self._hello()
            state.feed.consoles.add(self._console)
            await self._begin(hello)
            beat = asyncio.create_task(self._beat())
            while True:
                await self._receive(await self._ws.receive_text())
        except (WebSocketDisconnect, RuntimeError, TimeoutError, OSError):
            pass  # However a line breaks, while we read or while we write, its client comes back.
        except HubError as problem:
            await self._outlet.end("bad_frame", problem.detail)
        except KeyError:
            # Starlette's way to say that a frame held bytes.
            await self._outlet.end("bad_frame", "Frames are text.")
        finally:
            if beat is not None:
                beat.cancel()
            state.feed.consoles.discard(self._console)
            state.presence.colleague(self._id, self._console.actor.id, "", None, "reading")

    async def _hello(self) -> Hello:
        async with asyncio.timeout(HELLO_WITHIN_S):
            frame = read_frame(await self._ws.receive_text())
        if not frame.hello:
            raise Malformed("The first frame is a hello.")
        return decode(bytes(frame.hello), Hello)

    # --- catching up ---

    async def _begin(self, hello: Hello) -> None:
        """What was missed since the position said, or a snapshot; then live."""
        position = Position.of(hello.position) if hello.position else None
        reached = await self._resume(position) if position is not None else None
        if reached is None:
            reached = await self._snapshot(hello.watch)
        for there in self._ws.app.state.presence.everywhere():
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

    async def _beat(self) -> None:
        """The hub's clock every 20 seconds; then, and in doubt, a look whether this colleague may still be here."""
        stopping: asyncio.Event = self._ws.app.state.stopping
        while True:
            self._outlet.send(encode({"beat": to_text(self._hub.clock.now())}))
            await first_within(BEAT_S, stopping, self._console.doubted)
            if stopping.is_set():
                await self._outlet.end("restarting", "The hub restarts.")
                return
            self._console.doubted.clear()
            try:
                await self.recheck()
            except (Unauthenticated, Forbidden):
                return
            except HubError:
                # The database cannot be asked now; calls that need rights are refused until it can.
                self._console.doubted.set()
                await first_within(1, stopping)

    async def recheck(self) -> None:
        """Close when the session has ended or the right was taken away."""
        try:
            actor = await self._hub.sessions.actor_of_session(self._cookie)
            authorize(actor, "console")
        except (Unauthenticated, Forbidden) as problem:
            await self._outlet.end("signed_out", problem.detail)
            raise
        self._console.actor = self._caller.actor = actor

    # --- frames ---

    async def _receive(self, text: str) -> None:
        frame = read_frame(text)
        if frame.call is not None:
            await self._call(frame)
        elif frame.tell:
            self._tell(decode(bytes(frame.tell), Tell))
        else:
            raise Malformed("A frame holds a call or a tell.")

    def _tell(self, tell: Tell) -> None:
        if tell.doing not in DOINGS:
            raise Invalid("A colleague is reading, or writes a reply or a note.")
        actor = self._console.actor
        self._ws.app.state.presence.colleague(self._id, actor.id, actor.name, tell.customer, tell.doing)

    async def _call(self, frame: Frame) -> None:
        key = frame.call or ""
        call = CALLS.get(frame.do or "")
        with contextlib.nullcontext() if call is not None and call.apart else self._console.held():
            answer = self._answers.get(key)
            if answer is None:
                answer = self._answers[key] = await self._answer(key, frame.do, call, bytes(frame.given or b"{}"))
                if len(self._answers) > ANSWERS_KEPT:
                    del self._answers[next(iter(self._answers))]
            self._outlet.send(answer)

    async def _answer(self, key: str, verb: str | None, call: Call | None, given: bytes) -> str:
        try:
            # Rights may have changed since the last call.
            await self.recheck()
            if call is None:
                raise Invalid(f"There is no call “{verb or ''}”.")
            ok = await call.run(self._caller, key, decode(given, call.given))
        except Exception as problem:
            return encode({"answer": key, "error": problem_of(problem)})
        return encode({"answer": key, "ok": ok})


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
