"""Requests, by the numbers under which people speak of them."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from agent_ui.api import shapes
from agent_ui.api.conversations import request_id
from agent_ui.api.fields import Line, Moment, Name
from agent_ui.api.operation import Answer, Call, Example, Fields, Nothing, operation
from agent_ui.api.shapes import RequestAnswer
from agent_ui.decode import Id
from hub.security import authorize
from hub.services.request_patch import RequestPatch
from hub.services.requests import NoSuchRequest

Status = Literal["new", "open", "waiting_customer", "waiting_third_party", "ready_in_store", "resolved"]


class RequestChange(Fields, frozen=True, kw_only=True):
    """What is to be different; all of it is changed, or, where one field makes no sense, nothing."""

    status: Status | UnsetType = UNSET
    status_text: Line | UnsetType = UNSET
    owner_id: Id | UnsetType | None = UNSET
    team_id: Id | UnsetType | None = UNSET
    snoozed_until: Moment | UnsetType | None = UNSET
    subject: Name | UnsetType = UNSET
    topic: Name | UnsetType = UNSET
    priority: Literal["low", "normal", "urgent"] | UnsetType = UNSET
    store: Name | UnsetType = UNSET


@operation(
    "GET",
    "/api/v1/requests/{number}",
    summary="Read a request",
    takes=Nothing,
    answers={200: RequestAnswer},
    errors=(NoSuchRequest,),
    example=Example(path={"number": "1010"}),
)
async def read(call: Call[Nothing]) -> Answer:
    view = await call.hub.conversations.request(call.actor, request_id(call.name("number")))
    return Answer(200, shapes.request(view))


@operation(
    "PATCH",
    "/api/v1/requests/{number}",
    summary="Change a request",
    takes=RequestChange,
    answers={200: RequestAnswer},
    errors=(NoSuchRequest,),
    example=Example(
        path={"number": "1010"},
        fields={"status": "waiting_third_party", "status_text": "We asked the carrier.", "priority": "urgent"},
    ),
)
async def change(call: Call[RequestChange]) -> Answer:
    authorize(call.actor, "requests.read")
    patch = RequestPatch(**{name: getattr(call.fields, name) for name in RequestChange.__struct_fields__})
    changed = await call.hub.request_patches.apply(call.actor, request_id(call.name("number")), patch)
    return Answer(200, shapes.request(await call.hub.conversations.request(call.actor, changed)))


operations = [read, change]
routes = [operation.route for operation in operations]
