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
from hub.errors import Forbidden, Unauthenticated, Unavailable
from hub.security import authorize
from hub.services.figures import figures, room
from hub.services.readiness import Check
from hub.version import version


class NotReady(Unavailable):
    """The hub cannot serve now; `faults` says what fails and what to do."""

    code = "not_ready"


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The hub can serve; each check by name."""

    checks: dict[str, bool]
    status: Literal["ready"] = "ready"


async def alive(request: Request) -> Response:
    query(request, Nothing)
    return Response(msgspec.json.encode(Alive()), media_type=JSON)


async def ready(request: Request) -> Response:
    query(request, Nothing)
    found = await hub_of(request).readiness.checks()
    if request.app.state.stopping.is_set():
        found.append(
            Check(name="stopping", code="stopping", text="The hub is about to stop.", remedy="Ask another node.")
        )
    checks = {check.name: check.ok for check in found}
    if faults := [check for check in found if not check.ok]:
        raise NotReady(checks=checks, faults=faults)
    return Response(msgspec.json.encode(Ready(checks=checks)), media_type=JSON)


async def measured(request: Request) -> Response:
    query(request, Nothing)
    if "authorization" in request.headers or not _is_on_this_machine(request):
        authorize(await actor_of_token(request), "metrics")
    return Response(metrics.text(await _seen(request)), headers={"content-type": metrics.CONTENT_TYPE})


async def _seen(request: Request) -> metrics.Seen:
    hub, state = hub_of(request), request.app.state
    return metrics.Seen(
        gauges=hub.gauges,
        figures=await hub.db.view(figures),
        about={"version": version(), "node": hub.bus.node, "database": hub.db.dialect.name},
        working=hub.readiness.working(),
        sockets={"console": state.feed.count(), "widget": state.widgets.count()},
        units_waiting=hub.db.waiting(),
        disk_free=(await asyncio.to_thread(room, hub.settings.data)).free,
    )


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
