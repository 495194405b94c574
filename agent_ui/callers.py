"""Who asks: a colleague by the session's cookie, or a program by its token."""

from __future__ import annotations

from starlette.requests import HTTPConnection, Request

from agent_ui.cookies import session_cookie
from agent_ui.origins import NotPrivate, is_private
from hub.bootstrap import Hub
from hub.security import Actor
from hub.services.sessions import Session, SignedOut
from hub.services.tokens import BadToken


def hub_of(connection: HTTPConnection) -> Hub:
    hub: Hub = connection.app.state.hub
    return hub


async def session_of(connection: HTTPConnection) -> Session:
    """The session of who asks; raises `SignedOut`, and `NotPrivate` where others could read along."""
    require_private(connection)
    cookie = session_cookie(connection)
    if not cookie:
        raise SignedOut
    return await hub_of(connection).sessions.session_of(cookie)


async def actor_of_token(request: Request) -> Actor:
    """The program that asks, by its token; raises `BadToken`, or `TooMany` for one that comes too often.

    Cookies count for nothing here, so no foreign page can borrow one.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise BadToken("Send a token: Authorization: Bearer …")
    actor = await hub_of(request).tokens.actor_of_token(token.strip())
    request.app.state.token_rate.check(str(actor.id))
    return actor


def require_private(connection: HTTPConnection) -> None:
    if not is_private(connection.scope):
        raise NotPrivate


def address_of(connection: HTTPConnection) -> str:
    """The address of who asks, as far as our own proxies tell."""
    return connection.client.host if connection.client else ""
