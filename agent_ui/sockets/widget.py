"""The socket of visitors. They get what was said in their own session: a projection of the log, made for each."""

from __future__ import annotations

import asyncio
import secrets
from typing import Annotated, Any

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_ui.decode import decode
from agent_ui.errors import problem_of
from agent_ui.hours import Hours, pace_text
from agent_ui.identity import identity_of
from agent_ui.origins import check_origin
from agent_ui.protocol import Frame, WidgetHello, encode, read_frame
from agent_ui.sockets.outlet import Outlet, stopping_within
from agent_ui.texts import language_of
from agent_ui.widget_account import told
from hub.bootstrap import Hub
from hub.clock import to_text
from hub.database import Reading
from hub.errors import HubError, Invalid, Malformed
from hub.ports.channel import Account, field
from hub.services import log
from hub.services.accounts import NoSuchAccount
from hub.services.log import Event, Position
from hub.services.visitors import VisitorMessage
from hub.throttle import Throttle

HELLO_WITHIN_S = 15
BEAT_S = 20
# A key comes again soon or never; what a visitor may have us remember is bounded.
ANSWERS_KEPT = 20
# How long a browser may be away (a page change in the shop) before its visitor counts as gone.
GRACE_S = 15.0


AttachmentId = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}\Z")]


class Send(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    attachments: tuple[AttachmentId, ...] = ()


class More(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    before: str


class Email(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Annotated[str, msgspec.Meta(max_length=320)]
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    up_to: str


class Nothing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Tell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    typing: bool = False
    text: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    away: bool = False
    got: str | None = None


CALLS: dict[str, type[Any]] = {"send": Send, "more": More, "email": Email, "seen": Seen, "leave": Nothing}


async def widget_socket(ws: WebSocket) -> None:
    """One widget, from its handshake to its end. Only the hub's own frame page connects."""
    check_origin(ws.scope, ws.app.state.origins)
    await ws.accept()
    await WidgetSocket(ws, ws.app.state.hub, ws.app.state.widgets).serve()


class Widgets:
    """All widgets of this node: who is there, and what of the log is theirs."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.sockets: set[WidgetSocket] = set()
        self.messages = Throttle(30, 60)
        self.visitors = Throttle(30, 60)
        self.files = Throttle(60, 600)

    async def on_events(self, events: list[Event]) -> None:
        """Called by the log: what of this batch concerns a conversation that somebody here is in."""
        conversations = {event.conversation_id for event in events}
        customers = {event.customer_id for event in events}
        for socket in list(self.sockets):
            if socket.conversation_id in conversations or socket.customer_id in customers:
                await socket.refresh()

    def on_typing(self, customer: int, name: str, doing: str) -> None:
        """A colleague began or stopped to write a reply to this customer."""
        for socket in self.sockets:
            if socket.customer_id == customer:
                socket.typing(name.split()[0] if doing == "reply" and name else None)

    def is_here(self, visitor_id: int) -> bool:
        return any(socket.visitor_id == visitor_id for socket in self.sockets)


class WidgetSocket:
    """What one open widget needs until it closes."""

    def __init__(self, ws: WebSocket, hub: Hub, widgets: Widgets) -> None:
        self._ws = ws
        self._hub = hub
        self._widgets = widgets
        self._id = secrets.token_hex(8)
        self._outlet = Outlet(ws)
        self._answers: dict[str, str] = {}
        self._shown: dict[str, VisitorMessage] = {}
        self._fresh = asyncio.Lock()
        self._begun = False
        self.visitor_id = 0
        self.conversation_id: int | None = None
        self.customer_id: int | None = None

    async def serve(self) -> None:
        beat = None
        try:
            await self._begin(await self._hello())
            beat = asyncio.create_task(self._beat())
            while True:
                await self._receive(await self._ws.receive_text())
        except (WebSocketDisconnect, RuntimeError, TimeoutError, OSError):
            pass  # However a line breaks, while we read or while we write, its client comes back.
        except HubError as problem:
            await self._outlet.end("bad_frame", problem.detail)
        except KeyError:
            await self._outlet.end("bad_frame", "Frames are text.")
        finally:
            if beat is not None:
                beat.cancel()
            await self._gone()

    async def _hello(self) -> WidgetHello:
        async with asyncio.timeout(HELLO_WITHIN_S):
            frame = read_frame(await self._ws.receive_text())
        if not frame.hello:
            raise Malformed("The first frame is a hello.")
        return decode(bytes(frame.hello), WidgetHello)

    async def _begin(self, hello: WidgetHello) -> None:
        account = await self._account(hello.account)
        self._language = language_of(field(account.settings, "language") or hello.language)
        token = await self._visitor(hello, account)
        self._widgets.sockets.add(self)
        await self._hub.visitors.came(self.visitor_id)
        # A visitor sees little: a fresh snapshot is cheaper than keeping a place in the log for each.
        async with self._fresh:
            await self._snapshot(account, token)
            self._begun = True
        self._present(typing=False)

    async def _account(self, name: str) -> Account:
        rows = {row.name: row for row in await self._hub.accounts.every()}
        row = rows.get(name)
        if row is None or not self._hub.channels[row.channel].capabilities.instant:
            raise NoSuchAccount
        self._account_row = row
        return self._hub.accounts.open(row)

    async def _visitor(self, hello: WidgetHello, account: Account) -> str:
        """The visitor this browser's token names, or a new one; with the shop's word, whoever it says."""
        visitor = await self._hub.visitors.known(hello.token) if hello.token else None
        token = hello.token or ""
        if visitor is None or visitor.account_id != self._account_row.id:
            self._widgets.visitors.check(self._ws.client.host if self._ws.client else "")
            self.visitor_id, token = await self._hub.visitors.begin(self._account_row)
        else:
            self.visitor_id = visitor.id
        if hello.identity:
            identity = identity_of(account, hello.identity, self._hub.clock.now())
            if await self._hub.visitors.is_somebody_else(self.visitor_id, identity):
                # Another person signed in to the shop at this browser: what was said before is not theirs.
                self.visitor_id, token = await self._hub.visitors.begin(self._account_row)
            token = await self._hub.visitors.identify(self.visitor_id, self._account_row, identity)
        return token

    async def _snapshot(self, account: Account, token: str) -> None:
        window, customer_id, position = await self._hub.db.view(self._read)
        self.conversation_id, self.customer_id = window.conversation_id, customer_id
        self._shown = {message.id: message for message in window.messages}
        now = self._hub.clock.now()
        hours = Hours.of(account, self._language)
        pace = await self._hub.pace.minutes()
        snapshot = {
            "token": token,
            "account": told(account, self._hub.company.name, self._language),
            "open": {"now": hours.is_open(now), "text": hours.text(now)},
            "pace": None if pace is None else {"text": pace_text(pace, self._language)},
            "me": window.me,
            "messages": window.messages,
            "more": window.more,
            "people": [],
        }
        self._outlet.send(encode({"snapshot": snapshot, "position": self._hub.keyring.veil(position.id)}))

    def _read(self, rd: Reading) -> tuple[Any, int | None, Position]:
        window = self._hub.visitors.read_window(rd, self.visitor_id)
        customer_id = None
        if window.conversation_id is not None:
            customer_id = self._hub.snapshot.customer_of(rd, conversation=window.conversation_id)
        return window, customer_id, log.position(rd)

    async def refresh(self) -> None:
        """Send those of the visitor's messages that are new or have changed."""
        async with self._fresh:
            if not self._begun:
                # The snapshot, which comes first, will hold it.
                return
            window, self.customer_id, position = await self._hub.db.view(self._read)
            self.conversation_id = window.conversation_id
            changed = [m for m in window.messages if self._shown.get(m.id) != m]
            if not changed:
                return
            self._shown |= {message.id: message for message in changed}
            event = {"kind": "messages.changed", "changes": {"messages": changed}}
            self._outlet.send(encode({"events": [event], "position": self._hub.keyring.veil(position.id)}))

    def typing(self, name: str | None) -> None:
        self._outlet.send(encode({"presence": {"typing": name}}))

    async def _beat(self) -> None:
        while True:
            self._outlet.send(encode({"beat": to_text(self._hub.clock.now())}))
            self._present(typing=False)
            if await stopping_within(self._ws, BEAT_S):
                await self._outlet.end("restarting", "The hub restarts.")
                return

    def _present(self, *, typing: bool, text: str = "", online: bool = True) -> None:
        if self.customer_id is not None:
            self._ws.app.state.presence.visitor(self._id, self.customer_id, online, typing, text)

    async def _gone(self) -> None:
        """A visitor counts as gone when no page of theirs has come back after a moment."""
        self._widgets.sockets.discard(self)
        if not self.visitor_id:
            return
        self._present(typing=False, online=False)
        await stopping_within(self._ws, GRACE_S)
        if not self._widgets.is_here(self.visitor_id):
            try:
                await self._hub.visitors.went(self.visitor_id)
            except HubError:
                return

    # --- frames ---

    async def _receive(self, text: str) -> None:
        frame = read_frame(text)
        if frame.call is not None:
            await self._call(frame)
        elif frame.tell:
            tell = decode(bytes(frame.tell), Tell)
            if tell.got is not None:
                await self._hub.visitors.got(self.visitor_id, self._account_row.id, tell.got)
                return
            self._present(typing=tell.typing, text=tell.text, online=not tell.away)
        else:
            raise Malformed("A frame holds a call or a tell.")

    async def _call(self, frame: Frame) -> None:
        key = frame.call or ""
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = await self._answer(key, frame.do or "", bytes(frame.given or b"{}"))
            if len(self._answers) > ANSWERS_KEPT:
                del self._answers[next(iter(self._answers))]
        self._outlet.send(answer)

    async def _answer(self, key: str, verb: str, given: bytes) -> str:
        try:
            if verb not in CALLS:
                raise Invalid(f"There is no call “{verb}”.")
            ok = await getattr(self, f"_do_{verb}")(key, decode(given, CALLS[verb]))
        except Exception as problem:
            return encode({"answer": key, "error": problem_of(problem)})
        return encode({"answer": key, "ok": ok})

    async def _do_send(self, key: str, given: Send) -> Any:
        self._widgets.messages.check(str(self.visitor_id))
        files = tuple(int(name) for name in given.attachments)
        message = await self._hub.visitors.say(self.visitor_id, self._account_row, given.text, files, key)
        self._shown[message.id] = message
        if self.conversation_id is None:
            await self.refresh()
            self._present(typing=False)
        return {"message": message}

    async def _do_more(self, key: str, given: More) -> Any:
        window = await self._hub.visitors.window(self.visitor_id, given.before)
        return {"messages": window.messages, "more": window.more}

    async def _do_email(self, key: str, given: Email) -> Any:
        self._widgets.messages.check(str(self.visitor_id))
        return {"me": await self._hub.visitors.leave_email(self.visitor_id, given.email, given.name)}

    async def _do_seen(self, key: str, given: Seen) -> Any:
        await self._hub.visitors.seen(self.visitor_id, given.up_to)
        return {}

    async def _do_leave(self, key: str, given: Nothing) -> Any:
        await self._hub.visitors.forget(self.visitor_id)
        self._widgets.sockets.discard(self)
        return {}


routes = [WebSocketRoute("/widget/socket", widget_socket)]
