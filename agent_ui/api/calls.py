"""Phone calls that a telephone system reports."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from agent_ui.api.fields import Mark, Moment, Name, Text
from agent_ui.api.messages import Filed, WrongAccount, filed
from agent_ui.api.operation import Answer, Call, Example, Fields, operation
from hub.ports.message import CallReport
from hub.security import authorize
from hub.services.accounts import NoSuchAccount
from hub.services.intake import ExternalIdReused

# A call takes a month at most.
Seconds = Annotated[int, msgspec.Meta(ge=0, le=31 * 86_400)]


class NewCall(Fields, frozen=True, kw_only=True):
    """A call; `phone` null: the number was withheld. Whoever called is taken for nobody by it."""

    external_id: Mark
    phone: Mark | None
    account: Mark = "phone"
    direction: Literal["in", "out"] = "in"
    started_at: Moment | None = None
    duration_s: Seconds | None = None
    text: Text = ""
    agent: Name = ""
    recording_url: Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^(https?://\S+)?$")] = ""


@operation(
    "POST",
    "/api/v1/calls",
    summary="Report a phone call",
    takes=NewCall,
    answers={201: Filed, 200: Filed},
    errors=(NoSuchAccount, ExternalIdReused),
    example=Example(
        fields={
            "external_id": "pbx-88213",
            "phone": "+49 30 901820",
            "direction": "in",
            "started_at": "2026-11-03T10:02:11Z",
            "duration_s": 214,
            "text": "Asks where the parcel is.",
            "agent": "Ben",
            "recording_url": "https://pbx.example.com/recordings/88213",
        }
    ),
)
async def report(call: Call[NewCall]) -> Answer:
    authorize(call.actor, "notes.write")
    new = call.fields
    account = await call.hub.accounts.named(new.account)
    channel = call.hub.channels[account.channel]
    if not (channel.address_kind == "phone" and channel.capabilities.manual):
        raise WrongAccount(f"“{account.name}” takes no calls.")
    told = {name: getattr(new, name) for name in CallReport.__struct_fields__}
    return filed(await call.hub.calls.report(account, CallReport(**told), msgspec.json.encode(new)))


operations = [report]
routes = [operation.route for operation in operations]
