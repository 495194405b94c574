"""Files that colleagues send and look at."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent_ui.callers import hub_of, session_of
from agent_ui.downloads import file_response, named_file
from agent_ui.paths import id_in
from hub.security import authorize


async def take(request: Request) -> Response:
    """One file for a message that a colleague writes."""
    session = await session_of(request)
    authorize(session.actor, "messages.write")
    name, content_type = named_file(request)
    attachments = hub_of(request).attachments
    stored = await attachments.upload(f"agent:{session.actor.id}", name, content_type, request.stream())
    return Response(msgspec.json.encode(stored), media_type="application/json")


async def give(request: Request) -> Response:
    """A file of a conversation."""
    session = await session_of(request)
    return file_response(*await hub_of(request).attachments.get(session.actor, id_in(request, "attachment_id")))


routes = [
    Route("/console/attachments", take, methods=["POST"]),
    Route("/attachments/{attachment_id:int}", give, methods=["GET"]),
]
