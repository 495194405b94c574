"""The page that the console runs in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent_ui.callers import hub_of, session_of
from agent_ui.render import render
from hub.security import authorize


async def show(request: Request) -> Response:
    session = await session_of(request)
    authorize(session.actor, "console")
    largest = hub_of(request).attachments.largest
    return render(request, "console.html", csrf=session.csrf, agent=session.actor, largest=largest)


routes = [Route("/", show, methods=["GET"])]
