"""The one cookie of a signed-in colleague. Its prefix makes browsers refuse it unless it is ours alone and private."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

# Chromium and Firefox take it over plain http on the machine itself too.
SESSION = "__Host-session"


def session_cookie(connection: HTTPConnection) -> str:
    """The session's secret that a browser sent, empty without one."""
    return connection.cookies.get(SESSION, "")


def set_session(response: Response, secret: str, *, seconds: int) -> None:
    response.set_cookie(SESSION, secret, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def drop_session(response: Response) -> None:
    response.delete_cookie(SESSION, path="/", secure=True, httponly=True, samesite="lax")
