"""Stands before every route: whom it lets in, how much they may send and how slowly, and what browsers are told."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

import msgspec
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_ui.cookies import SESSION
from agent_ui.errors import UNEXPECTED, deny, problem_of, response_of
from agent_ui.origins import Network, behind_proxies, check_host, check_own_page, networks, outside_address
from agent_ui.sockets.arrivals import Arrivals
from agent_ui.surfaces import DATA_POLICY, Surface, page_policy, surface_of
from hub.bounds import Budget, Places, Rate
from hub.errors import HubError, Malformed, TooLarge
from hub.limits import Limits

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
HARMLESS = {"GET", "HEAD", "OPTIONS"}

# What a program is answered whose token or signature opens nothing.
REFUSED = {401, 403}

# Sounds may play: the console rings.
FEATURES = ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "publickey-credentials-get")
FEATURES_OFF = ", ".join(f"{feature}=()" for feature in (*FEATURES, "serial", "usb", "xr-spatial-tracking"))

_DATA_POLICY = DATA_POLICY.encode()
_CLOSE = (b"connection", b"close")
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    # Whole addresses stay here; our own pages need the origin, with which browsers vouch for a form.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", FEATURES_OFF.encode()),
    (b"cache-control", b"no-store"),
)

# How long we go on reading, and throwing away, after a body was refused: a client that still sends reads no answer.
LINGER = 1.0


class TooSlow(HubError):
    """The body arrives too slowly."""

    status = 408
    code = "too_slow"


class Pace(msgspec.Struct, frozen=True):
    """How slowly a body may come: so many seconds for nothing, and this rate on the whole."""

    grace: float
    bytes_per_second: float

    def allows(self, received: int) -> float:
        """Seconds after its beginning by which a body has to be further than this."""
        return self.grace + received / self.bytes_per_second


class Guards:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        public_url: str = "",
        names: Iterable[str] = (),
        trusted_proxies: Iterable[str] = (),
        limits: Limits | None = None,
        arrivals: Arrivals | None = None,
        pace: Pace | None = None,
    ) -> None:
        """`names` are further host names of this hub; only `trusted_proxies` may say for whom they speak."""
        self._app = app
        public = urlsplit(public_url)
        self._names = {name.lower() for name in (*names, public.hostname or "") if name}
        self._origins: Collection[str] = {f"{public.scheme}://{public.netloc}".lower()} if public.netloc else set()
        self._proxies: tuple[Network, ...] = networks(trusted_proxies)
        self._limits = limits = limits or Limits()
        self._pace = pace or Pace(limits.body_seconds, limits.body_bytes_per_second)
        self._requests = Places(limits.requests)
        self._bytes = Budget(limits.body_bytes_in_all)
        self._strangers = Strangers(limits)
        self._arrivals = arrivals or Arrivals(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope = behind_proxies(scope, self._proxies)
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent, address, has_place = "", outside_address(scope), False

        async def remember(message: Message) -> None:
            nonlocal sent
            sent = message["type"]
            await send(message)

        try:
            check_host(scope, self._names)
            self._arrivals.take(address)
            has_place = True
            await self._app(scope, receive, remember)
        except WebSocketDisconnect:
            # The other side left first.
            return
        except Exception as failure:
            if not sent:
                await deny(WebSocket(scope, receive, send), failure)
            elif sent in {"websocket.accept", "websocket.send"}:
                problem_of(failure)
                await send({"type": "websocket.close", "code": UNEXPECTED})
        finally:
            if has_place:
                self._arrivals.leave(address)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        surface = surface_of(scope["path"])
        # Only pages name one, and asking the kernel for random bytes lets every other thread go first.
        scope["state"]["nonce"] = secrets.token_urlsafe(16) if surface.has_pages else ""
        limit, is_whole = getattr(self._limits, surface.body), "is_whole" in scope["state"]
        body = Body(receive, limit, self._pace, self._bytes, is_whole=is_whole)
        answer = Answer(scope, surface, body, send)
        try:
            with self._requests:
                self._check(scope, surface, body)
                await self._app(scope, body.receive, answer.send)
        except Exception as failure:
            if not answer.has_begun:
                response = response_of(Request(scope, body.receive), failure)
                await response(scope, body.receive, answer.send)
            elif not answer.is_complete:
                # What is missing tells the client; why is for the log.
                problem_of(failure)
        finally:
            body.forget()
            if answer.status in REFUSED and surface.is_for_programs:
                self._strangers.refused(scope)

    def _check(self, scope: Scope, surface: Surface, body: Body) -> None:
        if scope["method"] not in METHODS:
            raise HTTPException(405, headers={"allow": ", ".join(sorted(METHODS))})
        check_host(scope, self._names)
        self._strangers.check(scope, surface)
        headers = Headers(scope=scope)
        if surface.own_origin and scope["method"] not in HARMLESS:
            check_own_page(scope, self._origins, has_session=SESSION in cookie_parser(headers.get("cookie", "")))
        body.check_length(headers.get("content-length"))


class Strangers:
    """How often one network address may ask for pages, and come with what does not open the door."""

    def __init__(self, limits: Limits) -> None:
        self._asked = Rate(limits.requests_per_address)
        self._refused = Rate(limits.refusals_per_address)

    def check(self, scope: Scope, surface: Surface) -> None:
        """Raise `TooMany` for an address that came too often."""
        address = outside_address(scope)
        if not address:
            return
        if surface.is_for_programs:
            self._refused.check_only(address)
        else:
            self._asked.check(address)

    def refused(self, scope: Scope) -> None:
        address = outside_address(scope)
        if address:
            self._refused.count(address)


class Body:
    """A request's body as it may come: not larger than its limit, and not slower than its pace.

    What has come of it counts towards `budget`, which all bodies share, until it is forgotten.
    """

    def __init__(self, receive: Receive, limit: int, pace: Pace, budget: Budget, *, is_whole: bool) -> None:
        """`is_whole`: all of it has come already, and nothing is to be waited for."""
        self._receive = receive
        self._is_whole = is_whole
        self._limit = limit
        self._pace = pace
        self._budget = budget
        self._spent = 0
        self._received = 0
        self._started: float | None = None
        self._complete = False
        self.is_refused = False

    def check_length(self, announced: str | None) -> None:
        """Refuse a body by what it says of itself, before any of it is read."""
        if announced is None:
            return
        if not announced.isascii() or not announced.isdigit():
            raise Malformed("This is no Content-Length.")
        if len(announced) > 18 or int(announced) > self._limit:
            self._refuse(TooLarge(limit=self._limit))

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        if self.is_refused:
            return {"type": "http.disconnect"}
        message = await (self._receive() if self._is_whole else self._in_time())
        size = len(message.get("body", b""))
        self._received += size
        self._complete = not message.get("more_body", False)
        if self._received > self._limit:
            self._refuse(TooLarge(limit=self._limit))
        self._spend(size)
        return message

    def _spend(self, size: int) -> None:
        try:
            self._budget.spend(size)
        except HubError as refusal:
            self._refuse(refusal)
        self._spent += size

    def forget(self) -> None:
        """The request has ended, and with it what it held."""
        self._budget.give_back(self._spent)
        self._spent = 0

    async def drain(self) -> None:
        """Throw away what still comes, for a moment."""
        try:
            async with asyncio.timeout(LINGER):
                while not self._complete:
                    message = await self._receive()
                    self._complete = not message.get("more_body", False)
        except TimeoutError:
            return

    async def _in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        if self._started is None:
            self._started = now
        try:
            async with asyncio.timeout_at(self._started + self._pace.allows(self._received)):
                return await self._receive()
        except TimeoutError:
            self._refuse(TooSlow())
            raise

    def _refuse(self, refusal: HubError) -> None:
        self.is_refused = True
        raise refusal


class Answer:
    """An answer on its way out: with the headers that each has, and read to its end by who was refused."""

    def __init__(self, scope: Scope, surface: Surface, body: Body, send: Send) -> None:
        self._scope = scope
        self._surface = surface
        self._body = body
        self._send = send
        self.has_begun = False
        self.is_complete = False
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            self.status = message["status"]
            message["headers"] = self._completed(message["headers"])
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if is_last and self._body.is_refused:
            await self._send({**message, "more_body": True})
            await self._body.drain()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)
        self.is_complete = self.is_complete or is_last

    def _completed(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The headers of an answer, and those of ours that it does not have itself."""
        own = {name.lower(): value for name, value in headers}
        added = [header for header in self._headers(own.get(b"content-type", b"")) if header[0] not in own]
        if not self._body.is_refused:
            return [*headers, *added]
        return [*((name, value) for name, value in headers if name.lower() != b"connection"), *added, _CLOSE]

    def _headers(self, content_type: bytes) -> Iterable[tuple[bytes, bytes]]:
        is_page = content_type.startswith(b"text/html") and self._surface.has_pages
        policy = page_policy(self._scope["state"]["nonce"]).encode() if is_page else _DATA_POLICY
        yield b"content-security-policy", policy
        yield from _ALWAYS
        if self._scope["scheme"] == "https":
            yield b"strict-transport-security", b"max-age=31536000"
