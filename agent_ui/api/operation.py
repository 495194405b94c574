"""What a route of the API is: its path, what it takes and answers, its refusals and an example, beside its handler."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent_ui.callers import actor_of_token, hub_of, session_of
from agent_ui.cookies import session_cookie
from agent_ui.decode import LARGE, BadField, Id, convert, decode, query
from hub.bootstrap import Hub
from hub.errors import Forbidden, HubError, Invalid, Malformed, NotFound, TooLarge, Unauthenticated
from hub.security import Actor

T = TypeVar("T")

JSON = "application/json"
# Times outside of these years are mistakes, and some of them no calendar holds.
YEARS = range(1971, 9001)


class Fields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all that the API takes: unknown fields are refused."""


class Nothing(Fields, frozen=True, kw_only=True):
    """No fields at all."""


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """One request, read and checked: who asks, for what, with which fields."""

    request: Request
    hub: Hub
    actor: Actor
    fields: T

    def id(self, name: str = "id") -> int:
        """An id of the path; what is none names nothing."""
        try:
            return msgspec.convert(self.request.path_params[name], Id, strict=False)
        except msgspec.ValidationError:
            raise NotFound from None

    def name(self, name: str) -> str:
        """A name of the path, as the shop writes it."""
        written: str = self.request.path_params[name]
        convert({name: written}, dict[str, str])
        return written


@dataclass(frozen=True)
class Answer:
    """What goes back; `body` is one of the operation's declared answers for this status."""

    status: int
    body: Any


@dataclass(frozen=True, kw_only=True)
class Example:
    """A request that can be sent as it stands to a hub that has had the examples before it."""

    path: Mapping[str, str | int] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


Endpoint = Callable[[Request], Awaitable[Response]]


class _Bare:
    """An endpoint as an ASGI application: its failures are the guards' to answer, with no layer in between."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._endpoint(Request(scope, receive, send))
        await response(scope, receive, send)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A route and all that its documentation says. `takes` is the body of a change, the query of a question."""

    method: str
    path: str
    summary: str
    takes: type[Any]
    answers: Mapping[int, Any]
    errors: tuple[type[HubError], ...]
    example: Example
    endpoint: Endpoint
    # Answered without a token.
    is_open: bool = False
    consumes: str = JSON
    produces: str = JSON

    @property
    def route(self) -> Route:
        return Route(self.path, _Bare(self.endpoint), methods=[self.method])

    @property
    def documented_path(self) -> str:
        """The path without the types that only the router needs."""
        return re.sub(r"{(\w+):\w+}", r"{\1}", self.path)


Handler = Callable[[Call[T]], Awaitable[Answer]]


# How a body is refused, whatever it was to say.
OF_BODIES = (Malformed, TooLarge)


def operation(
    method: str,
    path: str,
    *,
    summary: str,
    takes: type[T],
    answers: Mapping[int, Any],
    example: Example,
    errors: tuple[type[HubError], ...] = (),
) -> Callable[[Handler[T]], Operation]:
    """Make an operation of a handler that is given a `Call`."""

    def declare(handler: Handler[T]) -> Operation:
        async def answer(request: Request) -> Response:
            actor = await actor_of(request)
            fields = await _fields(request, takes)
            given = await handler(Call(request=request, hub=hub_of(request), actor=actor, fields=fields))
            return Response(msgspec.json.encode(given.body), given.status, media_type=JSON)

        async def timed(request: Request) -> Response:
            began, status = time.perf_counter(), 500
            try:
                response = await answer(request)
                status = response.status_code
                return response
            except HubError as refusal:
                status = refusal.status
                raise
            finally:
                hub_of(request).gauges.answered(method, path, status, time.perf_counter() - began)

        refusals = (Unauthenticated, Forbidden, Invalid, *(() if method == "GET" else OF_BODIES), *errors)
        return Operation(
            method=method,
            path=path,
            summary=summary,
            takes=takes,
            answers=answers,
            errors=refusals,
            example=example,
            endpoint=timed,
        )

    return declare


async def actor_of(request: Request) -> Actor:
    """The program that asks, by its token; a signed-in colleague may read in their browser too."""
    may_be_read = request.method in {"GET", "HEAD"} and "authorization" not in request.headers
    if may_be_read and session_cookie(request):
        return (await session_of(request)).actor
    return await actor_of_token(request)


async def _fields(request: Request, shape: type[T]) -> T:
    if request.method in {"GET", "HEAD"}:
        return in_calendar(query(request, shape))
    if request.scope["query_string"]:
        raise BadField("A change takes its fields from the body, none from the address.", path="$")
    body = await request.body()
    if not body and shape is Nothing:
        return shape()
    if len(body) > LARGE:
        # Beside the loop, which goes on.
        return in_calendar(await asyncio.to_thread(decode, body, shape))
    return in_calendar(decode(body, shape))


def in_calendar(fields: T) -> T:
    """The fields, none of whose times lies outside of what we can keep and show."""
    for name in getattr(fields, "__struct_fields__", ()):
        value = getattr(fields, name)
        if isinstance(value, datetime) and value.year not in YEARS:
            raise BadField(f"A time lies between {YEARS.start} and {YEARS.stop - 1}.", path=f"$.{name}")
    return fields
