"""HTML mail as a page of its own, framed by the console: it runs nothing and loads nothing from elsewhere unasked."""

from __future__ import annotations

import re

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent_ui.callers import hub_of, session_of
from agent_ui.decode import Line, query
from agent_ui.downloads import POLICY, UNKNOWN, disposition, file_response
from agent_ui.paths import id_in
from agent_ui.render import render
from hub.services.attachments import NoSuchAttachment

# A sandboxed page sends no cookie, so its pictures have links that are signed and soon of no use.
PICTURE_LINK_MS = 10 * 60_000

_COLOURS = re.compile(r'\s(?:bgcolor|color)="|\sstyle="[^"]*(?:color|background)', re.IGNORECASE)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    remote: bool = False


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    key: Line = ""


async def show(request: Request) -> Response:
    session, hub, entry_id = await session_of(request), hub_of(request), id_in(request, "entry_id")
    remote = query(request, Shown).remote

    def picture(attachment_id: int) -> str:
        key = hub.keyring.sign("picture", f"{entry_id}.{attachment_id}", hub.clock.now() + PICTURE_LINK_MS)
        return f"/entries/{entry_id}/inline/{attachment_id}?key={key}"

    page = await hub.mail_pages.page(session.actor, entry_id, picture, remote=remote)
    # Who chose a colour for the words chose it for a light page.
    has_colours = bool(_COLOURS.search(page.body))
    return render(request, "mail.html", headers=_headers(remote), page=page, has_colours=has_colours)


def _headers(remote: bool) -> dict[str, str]:
    policy = (
        "sandbox allow-popups allow-popups-to-escape-sandbox",
        "default-src 'none'",
        f"img-src 'self' data:{' https: http:' if remote else ''}",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
    return {
        "content-security-policy": "; ".join(policy),
        # A sandboxed page of its own may not open under a policy for openers.
        "cross-origin-opener-policy": "unsafe-none",
        "referrer-policy": "no-referrer",
    }


async def picture(request: Request) -> Response:
    """A picture inside a mail, for the page that its link was signed for."""
    hub, attachment_id = hub_of(request), id_in(request, "attachment_id")
    about = f"{id_in(request, 'entry_id')}.{attachment_id}"
    if hub.keyring.verify("picture", query(request, Signed).key, hub.clock.now()) != about:
        raise NoSuchAttachment
    return file_response(*await hub.attachments.get_signed(attachment_id), for_others=True)


async def original(request: Request) -> Response:
    """What an entry was read from, to be saved."""
    session, entry_id = await session_of(request), id_in(request, "entry_id")
    content = await hub_of(request).mail_pages.original(session.actor, entry_id)
    headers = {"content-disposition": disposition(f"entry-{entry_id}.eml"), "content-security-policy": POLICY}
    return Response(content, media_type=UNKNOWN, headers=headers)


routes = [
    Route("/entries/{entry_id:int}/mail", show, methods=["GET"]),
    Route("/entries/{entry_id:int}/inline/{attachment_id:int}", picture, methods=["GET"]),
    Route("/entries/{entry_id:int}/raw", original, methods=["GET"]),
]
