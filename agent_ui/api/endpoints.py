"""Endpoints: what colleagues and the shop say of an address."""

from __future__ import annotations

from agent_ui.api.operation import Answer, Call, Example, Fields, operation
from hub.services.customers import KnownEndpoint
from hub.services.sharing import HeldByAnother, NoSuchEndpoint


class EndpointPatch(Fields, frozen=True, kw_only=True):
    """Whether several people use the address, so that it identifies nobody by itself."""

    shared: bool


@operation(
    "PATCH",
    "/api/v1/endpoints/{id}",
    summary="Flag an address as shared, or no longer",
    takes=EndpointPatch,
    answers={200: KnownEndpoint},
    errors=(NoSuchEndpoint, HeldByAnother),
    example=Example(path={"id": 1}, fields={"shared": False}),
)
async def change(call: Call[EndpointPatch]) -> Answer:
    return Answer(200, await call.hub.sharing.share(call.actor, call.id(), call.fields.shared))


operations = [change]
routes = [operation.route for operation in operations]
