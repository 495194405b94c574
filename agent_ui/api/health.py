"""What load balancers and monitoring ask: alive, able to serve, and how it goes."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from agent_ui.api import metrics
from agent_ui.api.operation import JSON, Example, Nothing, Operation
from agent_ui.callers import actor_of_token, address_of, hub_of
from agent_ui.decode import query
from hub.bootstrap import Hub
from hub.errors import Forbidden, HubError, Unauthenticated, Unavailable
from hub.security import authorize
from hub.services.figures import commit, figures

SECONDS = 2.0


class NotReady(Unavailable):
    """The hub cannot serve now; `checks` says what fails."""

    code = "not_ready"


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The hub can serve; each check by name."""

    checks: dict[str, bool]
    status: Literal["ready"] = "ready"


def working(hub: Hub) -> dict[str, bool]:
    """Which parts of the hub are at work; none before it has begun."""
    parts = {name: not task.done() for name, task in hub.work.items()}
    return parts or {"work": False}


async def _database_answers(hub: Hub) -> bool:
    """Whether a view and a unit go through."""
    try:
        async with asyncio.timeout(SECONDS):
            await hub.db.view(lambda rd: rd.now)
            await hub.db.unit(commit)
    except (HubError, OSError, TimeoutError):
        return False
    return True


async def alive(request: Request) -> Response:
    query(request, Nothing)
    return Response(msgspec.json.encode(Alive()), media_type=JSON)


async def ready(request: Request) -> Response:
    query(request, Nothing)
    hub = hub_of(request)
    checks = {"database": await _database_answers(hub), **working(hub)}
    if not all(checks.values()):
        raise NotReady(checks=checks)
    return Response(msgspec.json.encode(Ready(checks=checks)), media_type=JSON)


async def measured(request: Request) -> Response:
    query(request, Nothing)
    if "authorization" in request.headers or not _is_on_this_machine(request):
        authorize(await actor_of_token(request), "metrics")
    hub = hub_of(request)
    body = metrics.text(await hub.db.view(figures), working(hub))
    return Response(body, headers={"content-type": metrics.CONTENT_TYPE})


def _is_on_this_machine(request: Request) -> bool:
    """Whether nobody but this machine asks; through a proxy that we do not trust it may be anybody."""
    if request.scope["state"].get("forwarded_by_stranger", False):
        return False
    try:
        return ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False


operations = [
    Operation(
        method="GET",
        path="/healthz",
        summary="Is the process alive?",
        takes=Nothing,
        answers={200: Alive},
        errors=(),
        example=Example(),
        endpoint=alive,
        is_open=True,
    ),
    Operation(
        method="GET",
        path="/readyz",
        summary="Is the hub able to serve?",
        takes=Nothing,
        answers={200: Ready},
        errors=(NotReady,),
        example=Example(),
        endpoint=ready,
        is_open=True,
    ),
    Operation(
        method="GET",
        path="/metrics",
        summary="Figures for Prometheus; without a token on this machine only",
        takes=Nothing,
        answers={200: str},
        errors=(Unauthenticated, Forbidden),
        example=Example(),
        endpoint=measured,
        produces=metrics.CONTENT_TYPE,
    ),
]
routes = [operation.route for operation in operations]
