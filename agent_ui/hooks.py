"""Where providers and shops deliver their webhooks: `POST /hooks/{account}`, answered 204 once it is stored."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent_ui.callers import hub_of


async def take(request: Request) -> Response:
    headers = {name.lower(): value for name, value in request.headers.items()}
    await hub_of(request).hooks.take(request.path_params["account"], await request.body(), headers)
    return Response(status_code=204)


routes = [Route("/hooks/{account}", take, methods=["POST"])]
