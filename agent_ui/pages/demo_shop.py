"""The demo's shop: a page of a shop as it would stand elsewhere, with the widget's one line in it."""

from __future__ import annotations

from datetime import timedelta

import jwt
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent_ui.render import render
from hub.bootstrap import Hub
from hub.clock import to_datetime
from hub.errors import NotFound
from hub.ports.channel import field

ACCOUNT = "web"
# Who may be signed in at the demo's shop.
PEOPLE = (
    {"key": "mara", "name": "Mara Keller", "email": "mara@keller.example"},
    {"key": "jonas", "name": "Jonas Brandt", "email": "jonas.brandt@mail.example"},
)
GOOD_FOR = timedelta(minutes=30)


async def show(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    if not hub.settings.demo:
        raise NotFound
    person = next((p for p in PEOPLE if p["key"] == request.query_params.get("as")), None)
    return render(
        request,
        "demo_shop.html",
        hub=str(request.base_url).rstrip("/"),
        account=ACCOUNT,
        identity=await _signed(hub, person) if person else "",
        signed_in=person["name"] if person else "",
        people=PEOPLE,
    )


async def _signed(hub: Hub, person: dict[str, str]) -> str:
    """What a shop's own backend makes for whoever is signed in there."""
    account = await hub.accounts.get(ACCOUNT)
    now = to_datetime(hub.clock.now())
    claims = {
        "sub": person["key"],
        "name": person["name"],
        "email": person["email"],
        "email_verified": True,
        "aud": ACCOUNT,
        "iat": now,
        "exp": now + GOOD_FOR,
    }
    return jwt.encode(claims, field(account.settings, "identity_secret"), algorithm="HS256")


routes = [Route("/demo-shop", show, methods=["GET"])]
