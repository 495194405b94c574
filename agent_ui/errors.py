"""Makes of every refusal and failure what its reader understands: a page, a problem document, or a socket's error."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.websockets import WebSocket

from agent_ui.render import language, render
from agent_ui.surfaces import surface_of
from agent_ui.texts import has_text
from hub.errors import HubError, NotFound, TooMany, Unauthenticated, Unavailable

logger = logging.getLogger(__name__)

Problem = dict[str, Any]

PROBLEM = "application/problem+json"
UNEXPECTED = 1011
# These say in words of their own what else there is to know; others by their status.
_STATUSES_WITH_TEXT = {403, 404, 405, 410, 413, 421, 429, 500, 503}


def problem_of(failure: Exception) -> Problem:
    """The problem document of any exception. An unexpected one is logged under a reference and tells nothing else."""
    if isinstance(failure, HubError):
        return failure.problem()
    if isinstance(failure, HTTPException):
        return _http_problem(failure)
    reference = secrets.token_hex(4)
    about = {"action": "unexpected", "reference": reference}
    logger.error("Unexpected, reference %s", reference, exc_info=failure, extra=about)
    return {
        "type": "about:blank",
        "title": "Something went wrong.",
        "status": 500,
        "code": "unexpected",
        "detail": f"This was our fault, and it is written down under {reference}.",
        "reference": reference,
    }


def _http_problem(failure: HTTPException) -> Problem:
    if failure.status_code == NotFound.status:
        return NotFound().problem()
    phrase = HTTPStatus(failure.status_code).phrase
    code = re.sub(r"[^a-z]+", "_", phrase.lower().replace("'", ""))
    return {"type": "about:blank", "title": phrase, "status": failure.status_code, "code": code, "detail": phrase}


def response_of(request: Request, failure: Exception) -> Response:
    """The answer to a request that failed: a page for people, a problem document for programs."""
    if isinstance(failure, ClientDisconnect):
        # Nobody is there to read it.
        return Response(status_code=400)
    problem = problem_of(failure)
    headers = _headers(failure)
    if not wants_page(request):
        if isinstance(failure, Unauthenticated):
            headers["www-authenticate"] = "Bearer"
        return Response(msgspec.json.encode(problem), problem["status"], headers, media_type=PROBLEM)
    if isinstance(failure, Unauthenticated):
        return RedirectResponse(sign_in_path(request), 303)
    return error_page(request, problem, headers)


def error_page(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The page for a refusal: what happened, what to do, and a code to tell."""
    status = int(problem["status"])
    key = str(status if status in _STATUSES_WITH_TEXT else 500 if status > 500 else 400)
    own = f"error.{problem['code']}"
    text = own if has_text(language(request), "page", f"{own}.title") else f"error.{key}"
    return render(request, "error.html", status=status, headers=headers, problem=problem, key=key, text=text)


def wants_page(request: HTTPConnection) -> bool:
    """Whether a person with a browser asks."""
    if not surface_of(request.url.path).has_pages:
        return False
    return "text/html" in request.headers.get("accept", "")


def sign_in_path(request: Request) -> str:
    """The sign-in page, which leads back to the page that was asked for."""
    if request.method != "GET" or request.url.path == "/":
        return "/signin"
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/signin?next={quote(asked, safe='/')}"


def _headers(failure: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(failure, HTTPException) and isinstance(failure.headers, Mapping):
        headers |= failure.headers
    if isinstance(failure, TooMany | Unavailable):
        headers["retry-after"] = str(failure.retry_after)
    return headers


async def deny(socket: WebSocket, failure: Exception) -> None:
    """Refuse to open a socket, with the reason."""
    problem = problem_of(failure)
    body = msgspec.json.encode(problem)
    await socket.send_denial_response(Response(body, problem["status"], _headers(failure), media_type=PROBLEM))
