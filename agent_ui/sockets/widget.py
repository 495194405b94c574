"""The socket of visitors. They get what was said in their own session: a projection of the log, made for each."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from agent_ui.decode import decode
from agent_ui.hours import Hours, pace_text
from agent_ui.identity import identity_of
from agent_ui.origins import check_origin, outside_address
from agent_ui.protocol import WidgetHello, WidgetHours, WidgetPace, WidgetSnapshot, encode
from agent_ui.sockets.arrivals import Turns
from agent_ui.sockets.line import Line
from agent_ui.sockets.outlet import first_within
from agent_ui.sockets.presence import Presence, Seat
from agent_ui.sockets.widgets import Widgets
from agent_ui.texts import language_of
from agent_ui.widget_account import DEFAULT, told
from hub.bootstrap import Hub
from hub.database import Reading
from hub.errors import HubError, Invalid, TooMany
from hub.ports.channel import Account, field
from hub.services import log
from hub.services.accounts import NoSuchAccount
from hub.services.log import Position
from hub.services.visitor_screen import VisitorMessage

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


class WidgetSocket(Line):
    """What one open widget needs until it closes."""

    answers_kept = 20

    def __init__(self, ws: WebSocket, hub: Hub, widgets: Widgets) -> None:
        super().__init__(ws, hub)
        self._widgets = widgets
        self._presence: Presence = ws.app.state.presence
        self._shown: dict[str, VisitorMessage] = {}
        self._fresh = asyncio.Lock()
        self._begun = False
        # What this browser said last of itself; told again at every beat, so that it is not forgotten.
        self._told = Tell()
        self.visitor_id = 0
        self.conversation_id: int | None = None
        self.customer_id: int | None = None

    def _turns(self) -> Turns:
        return self._arrivals.widgets

    async def _begin(self, said: bytes) -> None:
        hello = decode(said, WidgetHello)
        account = await self._account(hello.account)
        self._language = language_of(field(account.settings, "language") or hello.language)
        token = await self._visitor(hello, account)
        self._count(self._arrivals.visitors, self.visitor_id)
        self._widgets.join(self)
        await self._hub.visitors.came(self.visitor_id)
        # A visitor sees little: a fresh snapshot is cheaper than keeping a place in the log for each.
        async with self._fresh:
            await self._snapshot(account, token)
            self._begun = True
        self._sit()
        if self.customer_id is not None and (writer := self._presence.writer(self.customer_id)):
            self.typing(writer)

    async def _account(self, name: str) -> Account:
        rows = {row.name: row for row in await self._hub.accounts.every()}
        row = rows.get(name or DEFAULT)
        if row is None or not self._hub.channels[row.channel].capabilities.instant:
            raise NoSuchAccount
        self._account_row = row
        return self._hub.accounts.open(row)

    async def _visitor(self, hello: WidgetHello, account: Account) -> str:
        """The visitor this browser's token names, or a new one; with the shop's word, whoever it says."""
        visitor = await self._hub.visitors.known(hello.token) if hello.token else None
        token = hello.token or ""
        if visitor is None or visitor.account_id != self._account_row.id:
            if address := outside_address(self._ws.scope):
                self._widgets.visitors.check(address)
            self.visitor_id, token = await self._hub.visitors.begin(self._account_row)
        else:
            self.visitor_id = visitor.id
        if hello.identity:
            identity = identity_of(account, hello.identity, self._hub.clock.now())
            if await self._hub.visitors.is_somebody_else(self.visitor_id, self._account_row, identity):
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
        snapshot = WidgetSnapshot(
            token=token,
            account=told(account, self._hub.company.name, self._language),
            open=WidgetHours(now=hours.is_open(now), text=hours.text(now)),
            pace=None if pace is None else WidgetPace(text=pace_text(pace, self._language)),
            me=window.me,
            messages=window.messages,
            more=window.more,
            people=[],
        )
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
            window, customer_id, position = await self._hub.db.view(self._read)
            self.conversation_id = window.conversation_id
            if customer_id != self.customer_id:
                self.customer_id = customer_id
                self._sit()
            changed = [m for m in window.messages if self._shown.get(m.id) != m]
            if not changed:
                return
            self._shown = {message.id: message for message in window.messages}
            event = {"kind": "messages.changed", "changes": {"messages": changed}}
            self._outlet.send(encode({"events": [event], "position": self._hub.keyring.veil(position.id)}))

    def typing(self, name: str | None) -> None:
        """Visitors get a colleague's first name only."""
        self._outlet.send(encode({"presence": {"typing": name.split()[0] if name else None}}))

    def refuse(self, refusal: HubError) -> None:
        """End this line, and say why."""
        self._outlet.refuse_soon(refusal)

    async def _rest(self, seconds: float) -> None:
        self._sit()
        await first_within(seconds, self._stopping)

    def _sit(self) -> None:
        """Tell colleagues that the visitor is there, once they are a customer."""
        if self.customer_id is None:
            return
        told = self._told
        here = Seat(customer=self.customer_id, typing=told.typing, text=told.text)
        self._presence.sit(self._id, None if told.away else here)

    async def _gone(self) -> None:
        """A visitor counts as gone when no page of theirs has come back after a moment."""
        self._widgets.leave(self)
        if not self.visitor_id:
            return
        self._presence.sit(self._id, None)
        left_at = self._hub.clock.now()
        await first_within(GRACE_S, self._stopping)
        if not await self._widgets.is_anywhere(self.visitor_id):
            try:
                await self._hub.visitors.went(self.visitor_id, left_at)
            except HubError:
                return

    # --- frames ---

    async def _tell(self, news: bytes) -> None:
        tell = decode(news, Tell)
        try:
            self._widgets.tells.check(str(self.visitor_id))
        except TooMany:
            # News has no answer that could say so: who tells on and on is not heard for a while.
            return
        if tell.got is not None:
            await self._hub.visitors.got(self.visitor_id, self._account_row.id, tell.got)
            return
        self._told = tell
        self._sit()

    async def _do(self, key: str, verb: str, given: bytes) -> Any:
        if verb not in CALLS:
            raise Invalid(f"There is no call “{verb}”.")
        self._widgets.calls.check(str(self.visitor_id))
        return await getattr(self, f"_do_{verb}")(key, decode(given, CALLS[verb]))

    async def _do_send(self, key: str, given: Send) -> Any:
        self._widgets.messages.check(str(self.visitor_id))
        files = tuple(int(name) for name in given.attachments)
        message = await self._hub.visitors.say(self.visitor_id, self._account_row, given.text, files, key)
        self._shown[message.id] = message
        if self.conversation_id is None:
            await self.refresh()
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
        self._widgets.leave(self)
        return {}


routes = [WebSocketRoute("/widget/socket", widget_socket)]
