"""The chat on shops' pages: the launcher they load, the page it holds, and the files that travel through it."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent_ui import assets
from agent_ui.callers import hub_of
from agent_ui.decode import Line, query
from agent_ui.downloads import file_response, named_file, with_head
from agent_ui.errors import error_page
from agent_ui.origins import outside_address, own_origin
from agent_ui.paths import id_in
from agent_ui.render import render
from agent_ui.surfaces import page_policy
from agent_ui.texts import language_of, texts
from agent_ui.widget_account import ANY, holders, told, widget_account
from hub.errors import HubError
from hub.ports.channel import field
from hub.programs import is_program
from hub.services.accounts import NoSuchAccount
from hub.services.attachments import NoSuchAttachment, safe_name
from hub.services.visitor_identity import NoSuchVisitor


class NoChat(NoSuchAccount):
    """There is no chat of this name."""

    code = "no_chat"


class Programs(HubError):
    """Programs cannot be taken. Send a picture, a document or an archive."""

    status = 415
    code = "program"


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    account: Line = ""
    language: Line = ""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    key: Line = ""


async def launcher(request: Request) -> Response:
    """The one script that a shop's page loads. Its name never changes, so browsers ask again after a while."""
    name = assets.manifest()["launcher.js"]
    headers = {
        # Weak: it is the same script, however it travels.
        "etag": f'W/"{name}"',
        "cache-control": "public, max-age=300, stale-while-revalidate=86400",
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers | {"cross-origin-resource-policy": "cross-origin"})
    return assets.asset_response(request, name, headers)


async def frame(request: Request) -> Response:
    """The page with the chat in it, held by a shop's page."""
    asked = query(request, Frame)
    try:
        account = await widget_account(hub_of(request), asked.account)
    except NoSuchAccount:
        return _in_a_frame(request, error_page(request, NoChat().problem()), ANY)
    spoken = field(account.settings, "language") or asked.language or request.headers.get("accept-language", "")
    language = language_of(spoken)
    sources = holders(account, own_origin(request.scope))
    page = {
        "account": msgspec.to_builtins(told(account, hub_of(request).company.name, language)),
        "language": language,
        "largest": hub_of(request).attachments.largest,
        "origins": sources,
        "texts": texts(language, "widget"),
    }
    return _in_a_frame(request, render(request, "frame.html", page=page), sources)


def _in_a_frame(request: Request, response: Response, sources: list[str] | tuple[str, ...]) -> Response:
    policy = page_policy(request.state.nonce, ancestors=" ".join(sources))
    response.headers["content-security-policy"] = policy
    # A shop's page that asks for isolation may hold it as well.
    response.headers["cross-origin-resource-policy"] = "cross-origin"
    return response


async def take_file(request: Request) -> Response:
    """One file of a visitor, for the message they write."""
    hub = hub_of(request)
    visitor_id = await _visitor(request)
    request.app.state.widgets.files.check(str(visitor_id))
    # New visitors are made for nothing; their network address is not.
    if address := outside_address(request.scope):
        request.app.state.widgets.files.check(address)
    name, content_type = named_file(request)
    head, chunks = await with_head(request.stream())
    if is_program(safe_name(name), head):
        raise Programs
    stored = await hub.attachments.upload(f"visitor:{visitor_id}", name, content_type, chunks)
    answer = hub.visitors.screen.file(stored, hub.clock.now())
    return Response(msgspec.json.encode(answer), media_type="application/json")


async def _visitor(request: Request) -> int:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    visitor = await hub_of(request).visitors.known(token.strip()) if scheme.lower() == "bearer" else None
    if visitor is None:
        raise NoSuchVisitor
    return int(visitor.id)


async def give_file(request: Request) -> Response:
    """A file for whoever holds a signed link to it."""
    hub, attachment_id = hub_of(request), id_in(request, "attachment_id")
    if hub.keyring.verify("file", query(request, Signed).key, hub.clock.now()) != str(attachment_id):
        raise NoSuchAttachment
    return file_response(*await hub.attachments.get_signed(attachment_id))


routes = [
    Route("/widget.js", launcher, methods=["GET"]),
    Route("/widget/frame", frame, methods=["GET"]),
    Route("/widget/attachments", take_file, methods=["POST"]),
    Route("/widget/attachments/{attachment_id:int}", give_file, methods=["GET"]),
]
