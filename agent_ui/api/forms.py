"""The forms of the shop's own pages: contact and call-back, plain HTML that needs no script."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_ui.api.fields import Line, Name, Text
from agent_ui.api.messages import WrongAccount
from agent_ui.api.operation import Example, Nothing, Operation
from agent_ui.callers import address_of, hub_of
from agent_ui.decode import BadField, convert, query
from agent_ui.forms import posted, safe_next
from agent_ui.origins import ForeignOrigin, own_origin
from agent_ui.render import render
from agent_ui.widget_account import origin_of
from hub.addresses import BadAddress
from hub.bootstrap import Hub
from hub.errors import HubError, Malformed, TooLarge, TooMany
from hub.ports.channel import field
from hub.ports.message import AttachmentIn
from hub.programs import is_program
from hub.services.accounts import NoSuchAccount
from hub.services.attachments import safe_name
from hub.services.forms import EmptyForm, Form, NoWayToAnswer

MOST_FIELDS = 60
MOST_FILES = 5
FORM = "application/x-www-form-urlencoded"
PAGE = "text/html; charset=utf-8"

Fact = Annotated[str, msgspec.Meta(max_length=5000)]


class ProgramFile(HubError):
    """Programs cannot be taken. Send a picture, a document or an archive."""

    status = 415
    code = "program"


class FormFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a form may hold; any further field is a fact, as a time at which to call back.

    `message` and `text` are the same. `next` is where to go on: a path of the same site, or an address on one of the
    account's origins. `leave_empty` is for programs that fill in everything; people must not see it.
    """

    email: Annotated[str, msgspec.Meta(max_length=320)] = ""
    phone: Annotated[str, msgspec.Meta(max_length=60)] = ""
    name: Name = ""
    message: Text = ""
    text: Text = ""
    subject: Line = ""
    order: Name = ""
    next: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    leave_empty: Line = ""


async def post(request: Request) -> Response:
    hub = hub_of(request)
    account = await _account(hub, request)
    listed = _listed(hub, account)
    origin = _checked_origin(request, listed)
    async with posted(request, files=MOST_FILES, fields=MOST_FIELDS) as sent:
        fields, form = await _read(sent)
    target = _target(request, fields.next, origin, listed)
    if not fields.leave_empty:
        await hub.forms.take(account, form, sender=address_of(request))
    return RedirectResponse(target, 303)


async def thanks(request: Request) -> Response:
    query(request, Nothing)
    account = await _account(hub_of(request), request)
    return render(request, "form_thanks.html", account=account.label)


async def _account(hub: Hub, request: Request) -> Any:
    """The account of a form's address; what cannot answer has no forms."""
    name: str = request.path_params["account"]
    convert({"account": name}, dict[str, str])
    row = await hub.accounts.named(name)
    channel = hub.channels.get(row.channel)
    if channel is None or not channel.capabilities.reply:
        raise WrongAccount(f"“{name}” takes no forms.")
    return row


# --- where it comes from, and where it goes on ---


def _listed(hub: Hub, account: Any) -> set[str]:
    """The origins of the shop's pages, as the account names them."""
    written = field(hub.accounts.open(account).settings, "origins").replace(",", " ").split()
    return {origin for text in written if (origin := origin_of(text))}


def _checked_origin(request: Request, listed: Collection[str]) -> str:
    """The page's origin; raises `ForeignOrigin` where the account names others."""
    origin = request.headers.get("origin", "").lower()
    if listed and origin not in {*listed, own_origin(request.scope)}:
        raise ForeignOrigin
    return origin


def _target(request: Request, wanted: str, origin: str, listed: Collection[str]) -> str:
    """Where to go on after a form: never to a site that the account does not name."""
    if wanted and safe_next(wanted) == wanted:
        return f"{origin}{wanted}" if origin in listed else wanted
    if _origin_in(wanted) in {*listed, own_origin(request.scope)}:
        return wanted
    return f"/forms/{request.path_params['account']}/thanks"


def _origin_in(address: str) -> str:
    """The origin that an address names; '' where browsers may read it otherwise than we do."""
    try:
        parts = urlsplit(address) if address.isprintable() and "\\" not in address else urlsplit("")
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()


# --- what was filled in ---


async def _read(sent: FormData) -> tuple[FormFields, Form]:
    written: dict[str, str] = {}
    files: list[AttachmentIn] = []
    for name, value in sent.multi_items():
        if isinstance(value, UploadFile):
            files += await _file(value)
        elif value.strip():
            value = value.replace("\r\n", "\n")
            written[name] = f"{written[name]}, {value}" if name in written else value
    fields = convert(written, FormFields)
    facts = {name: value for name, value in written.items() if name not in FormFields.__struct_fields__}
    return fields, Form(
        email=fields.email.strip(),
        phone=fields.phone.strip(),
        name=fields.name.strip(),
        text=fields.message or fields.text,
        subject=fields.subject,
        order=fields.order.strip(),
        facts=_checked_facts(facts),
        files=tuple(files),
    )


def _checked_facts(facts: dict[str, str]) -> dict[str, str]:
    for name in facts:
        if len(name) > 100:
            raise BadField("The name of a field has at most 100 signs.")
    return convert(facts, dict[str, Fact])


async def _file(upload: UploadFile) -> list[AttachmentIn]:
    """The file of a field; a field without one is sent too, without a name."""
    content = await upload.read()
    if not content:
        return []
    name = safe_name(upload.filename or "")
    if is_program(name, content[:64]):
        raise ProgramFile
    kind = (upload.content_type or "application/octet-stream").partition(";")[0].strip().lower()
    return [AttachmentIn(filename=name, content_type=kind[:200], data=content)]


operations = [
    Operation(
        method="POST",
        path="/forms/{account}",
        summary="Send a form of the shop's own page",
        takes=FormFields,
        answers={303: None},
        errors=(
            Malformed,
            ForeignOrigin,
            NoSuchAccount,
            TooLarge,
            ProgramFile,
            NoWayToAnswer,
            EmptyForm,
            BadAddress,
            TooMany,
        ),
        example=Example(
            path={"account": "web"},
            fields={"email": "leo@example.com", "message": "Do you have it in green?", "call_back": "Mon 10-12"},
        ),
        endpoint=post,
        is_open=True,
        consumes=FORM,
        produces=PAGE,
    ),
    Operation(
        method="GET",
        path="/forms/{account}/thanks",
        summary="The page after a form that named no other",
        takes=Nothing,
        answers={200: str},
        errors=(NoSuchAccount,),
        example=Example(path={"account": "web"}),
        endpoint=thanks,
        is_open=True,
        produces=PAGE,
    ),
]
routes = [operation.route for operation in operations]
