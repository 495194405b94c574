"""One's own account: password, and the browsers in which one is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent_ui.callers import hub_of, session_of
from agent_ui.forms import Password, Short, check_csrf, read_form
from agent_ui.pages.sign_in import explain, retry_header, words
from agent_ui.readable import time_of
from agent_ui.render import render
from hub.errors import HubError, Invalid, NotFound, TooMany
from hub.security import may
from hub.services.sessions import Session, WrongPassword

# What a redirect after a change may say has been done.
DONE = {"password": "account.password.done", "session": "account.session.done", "sessions": "account.sessions.done"}


class PasswordForm(msgspec.Struct):
    csrf: Short = ""
    old: Password = ""
    new: Password = ""


class SessionsForm(msgspec.Struct):
    csrf: Short = ""
    handle: Short = ""


async def show(request: Request) -> Response:
    return await account_page(request, await session_of(request))


async def account_page(request: Request, session: Session, refusal: HubError | None = None) -> Response:
    t = words(request)
    done = DONE.get(request.query_params.get("done", ""))
    return render(
        request,
        "account.html",
        status=refusal.status if refusal else 200,
        headers=retry_header(refusal) if refusal else {},
        actor=session.actor,
        email=session.email,
        csrf=session.csrf,
        may_console=may(session.actor, "console"),
        sessions=await own_sessions(request, session),
        error=explain(t, request, refusal) if refusal else "",
        done=t(done) if done and not refusal else "",
    )


async def own_sessions(request: Request, session: Session) -> list[dict[str, Any]]:
    hub, t = hub_of(request), words(request)
    # This one first, then the one last used.
    listed = sorted(await hub.sessions.listed(session), key=lambda each: not each.is_this)
    return [
        {
            "handle": each.handle,
            "browser": each.browser,
            "is_this": each.is_this,
            "seen": time_of(datetime.fromisoformat(each.last_seen_at), hub.clock.now(), hub.company.time_zone, t),
        }
        for each in listed
    ]


async def change_password(request: Request) -> Response:
    session = await session_of(request)
    form = await read_form(request, PasswordForm)
    check_csrf(session, form.csrf)
    try:
        await hub_of(request).agents.change_password(session, form.old, form.new)
    except (WrongPassword, Invalid, TooMany) as refusal:
        return await account_page(request, session, refusal)
    return RedirectResponse("/account?done=password", 303)


async def end_sessions(request: Request) -> Response:
    """One of one's sessions by its handle, or all others without one."""
    session = await session_of(request)
    form = await read_form(request, SessionsForm)
    check_csrf(session, form.csrf)
    if not form.handle:
        await hub_of(request).sessions.end_others(session)
        return RedirectResponse("/account?done=sessions", 303)
    try:
        await hub_of(request).sessions.end(session, form.handle)
    except NotFound:
        # It ended by itself in the meantime.
        return RedirectResponse("/account", 303)
    return RedirectResponse("/account?done=session", 303)


routes = [
    Route("/account", show, methods=["GET"]),
    Route("/account/password", change_password, methods=["POST"]),
    Route("/account/sessions", end_sessions, methods=["POST"]),
]
