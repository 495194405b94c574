"""The HTTP API, version 1: what a shop's own programs see of the hub."""

from __future__ import annotations

from starlette.routing import Route

from agent_ui.api import (
    calls,
    conversations,
    customers,
    endpoints,
    forms,
    health,
    messages,
    openapi,
    orders,
    requests,
    search,
    system,
)
from agent_ui.api.operation import Operation

# In the order in which their examples tell one story.
operations: list[Operation] = [
    *messages.operations,
    *calls.operations,
    *orders.operations,
    *customers.operations,
    *endpoints.operations,
    *conversations.operations,
    *requests.operations,
    *search.operations,
    *forms.operations,
    *system.operations,
    *health.operations,
]
operations.append(openapi.describing(operations))

routes: list[Route] = [operation.route for operation in operations]
