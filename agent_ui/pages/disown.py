"""“This was not me”: the page behind the link in the mail that continues a chat."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent_ui.callers import hub_of
from agent_ui.render import render
from hub.services.disown import LinkOver


async def show(request: Request) -> Response:
    """Tells and asks; mail servers open links too, so this changes nothing."""
    try:
        about = await hub_of(request).disownings.about(request.path_params["token"])
    except LinkOver as refusal:
        return _page(request, "spent.", status=refusal.status)
    return _page(request, "done." if about.done else "", address=about.address)


async def disown(request: Request) -> Response:
    try:
        await hub_of(request).disownings.disown(request.path_params["token"])
    except LinkOver as refusal:
        return _page(request, "spent.", status=refusal.status)
    return RedirectResponse(request.url.path, 303)


def _page(request: Request, state: str, *, address: str = "", status: int = 200) -> Response:
    hub = hub_of(request)
    company = hub.company.name or request.url.hostname or ""
    return render(request, "disown.html", status=status, state=state, company=company, address=address)


routes = [
    Route("/disown/{token}", show, methods=["GET"]),
    Route("/disown/{token}", disown, methods=["POST"]),
]
