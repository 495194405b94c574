"""Messages that the shop's own backend brings."""

from __future__ import annotations

from typing import Literal

import msgspec

from agent_ui.api.fields import FileIn, Html, Line, Mark, Moment, Name, Text, attachments
from agent_ui.api.operation import Answer, Call, Example, Fields, operation
from hub.errors import Invalid
from hub.ports.message import Address, InboundMessage
from hub.security import authorize
from hub.services.accounts import NoSuchAccount
from hub.services.intake import ExternalIdReused, Taken
from hub.services.senders import SessionOfAnother


class WrongAccount(Invalid):
    """This account takes nothing in by this route."""

    code = "wrong_account"


class EmptyMessage(Invalid):
    """This message says nothing."""

    code = "empty_message"


class Sender(Fields, frozen=True, kw_only=True):
    """Who wrote. `verified`: the shop vouches that this is the address's owner; otherwise it is a claim.

    Whoever is verified in a session has written all that came in it before, unverified.
    """

    kind: Literal["email", "phone", "external"]
    address: Mark
    name: Name = ""
    verified: bool = False
    session: Name = ""


class NewMessage(Fields, frozen=True, kw_only=True, rename={"sender": "from"}):
    """A message from a customer; `external_id` is the shop's own, the same one again is the same message."""

    account: Mark
    external_id: Mark
    sender: Sender
    text: Text
    html: Html = ""
    subject: Line = ""
    sent_at: Moment | None = None
    order: Name = ""
    attachments: tuple[FileIn, ...] = ()


class Filed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where something was filed. `duplicate`: it had been filed before, and nothing was stored now."""

    entry_id: int
    customer_id: int
    conversation_id: int
    seq: int
    request: str | None
    duplicate: bool = False


def filed(taken: Taken) -> Answer:
    """201 for what was filed now, 200 for what had been filed before."""
    body = Filed(**msgspec.structs.asdict(taken))
    return Answer(200 if taken.duplicate else 201, body)


@operation(
    "POST",
    "/api/v1/messages",
    summary="Bring a message from a customer",
    takes=NewMessage,
    answers={201: Filed, 200: Filed},
    errors=(NoSuchAccount, ExternalIdReused, SessionOfAnother),
    example=Example(
        fields={
            "account": "api",
            "external_id": "web-5501",
            "from": {"kind": "email", "address": "ana@example.com", "name": "Ana Kovač", "verified": True},
            "text": "Hello, my order 10492 has not arrived.",
            "sent_at": "2026-11-03T09:30:00Z",
            "order": "10492",
            "attachments": [{"filename": "label.txt", "content_type": "text/plain", "data": "cGFyY2VsIDc="}],
        }
    ),
)
async def bring(call: Call[NewMessage]) -> Answer:
    authorize(call.actor, "messages.write")
    new = call.fields
    account = await call.hub.accounts.named(new.account)
    if not call.hub.channels[account.channel].capabilities.carries_any:
        raise WrongAccount(f"Messages for “{account.name}” come by its own channel.")
    if not (new.text.strip() or new.html.strip() or new.attachments):
        raise EmptyMessage
    message = _inbound(new, call.hub.attachments.largest)
    # What makes a copy the same is what it says, not how its JSON is written.
    return filed(await call.hub.intake.take(account, message, msgspec.json.encode(new)))


def _inbound(new: NewMessage, largest: int) -> InboundMessage:
    sender = new.sender
    scope = new.account if sender.kind == "external" else ""
    return InboundMessage(
        external_id=new.external_id,
        sender=Address(kind=sender.kind, address=sender.address, name=sender.name, scope=scope),
        text=new.text,
        html=new.html,
        subject=new.subject,
        sent_at=new.sent_at,
        proof="signed" if sender.verified else None,
        proof_method="shop" if sender.verified else "",
        session=sender.session,
        order=new.order,
        attachments=attachments(new.attachments, largest),
    )


operations = [bring]
routes = [operation.route for operation in operations]
