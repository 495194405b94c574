"""How the hub itself is, for administrators and their programs."""

from __future__ import annotations

from agent_ui.api.operation import Answer, Call, Example, Nothing, operation
from hub.services.system import System


@operation(
    "GET",
    "/api/v1/system",
    summary="How the hub, its accounts and its queues are",
    takes=Nothing,
    answers={200: System},
    example=Example(),
)
async def look(call: Call[Nothing]) -> Answer:
    return Answer(200, await call.hub.systems.look(call.actor))


operations = [look]
routes = [operation.route for operation in operations]
