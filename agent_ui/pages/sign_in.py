"""The door: signing in and out, a forgotten password, and the links by which colleagues come in."""

from __future__ import annotations

import msgspec
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent_ui.callers import address_of, hub_of, require_private, session_of
from agent_ui.cookies import drop_session, session_cookie, set_session
from agent_ui.forms import Address, Email, Password, Short, check_csrf, read_form, safe_next
from agent_ui.readable import browser_of, time_of
from agent_ui.render import language, render
from agent_ui.reset_mail import mail_reset_link
from agent_ui.texts import Translate, has_text, translator
from hub.errors import HubError, Invalid, TooMany
from hub.passwords import WeakPassword
from hub.services.agents import AlreadyHere
from hub.services.invitations import Invitation
from hub.services.sessions import LONGEST, SignedIn, SignedOut, WrongPassword


class SignInForm(msgspec.Struct):
    email: Email = ""
    password: Password = ""
    next: Address = "/"


class SignOutForm(msgspec.Struct):
    csrf: Short = ""


class ForgottenForm(msgspec.Struct):
    email: Email = ""


class WelcomeForm(msgspec.Struct):
    password: Password = ""
    name: Short = ""
    email: Email = ""


def words(request: Request) -> Translate:
    return translator(language(request), "page")


def explain(t: Translate, request: Request, refusal: HubError) -> str:
    """A refusal in the reader's language, as a sentence for the form that caused it."""
    if isinstance(refusal, WeakPassword):
        return t(f"weak.{refusal.members['reason']}", n=int(refusal.members.get("n", 0)))
    if isinstance(refusal, TooMany):
        return t("wait", n=refusal.retry_after)
    key = f"refused.{refusal.code}"
    return t(key) if has_text(language(request), "page", key) else refusal.detail


def retry_header(refusal: HubError) -> dict[str, str]:
    return {"retry-after": str(refusal.retry_after)} if isinstance(refusal, TooMany) else {}


# --- signing in and out -----------------------------------------------------------------------------------------


async def show_sign_in(request: Request) -> Response:
    require_private(request)
    following = safe_next(request.query_params.get("next", "/"))
    try:
        await session_of(request)
    except SignedOut:
        return sign_in_page(request, news=await what_happened(request), following=following)
    return RedirectResponse(following, 303)


async def what_happened(request: Request) -> str:
    """Why somebody stands at the door who was inside before, and that nothing is lost."""
    t, hub = words(request), hub_of(request)
    if "out" in request.query_params:
        return t("sign_in.out")
    cookie = session_cookie(request)
    lapse = await hub.sessions.lapse_of(cookie) if cookie else None
    if lapse is None:
        return ""
    told = t("sign_in.lapsed", time=time_of(lapse.at, hub.clock.now(), hub.company.time_zone, t))
    return f"{told} {t('sign_in.drafts', n=lapse.drafts)}" if lapse.drafts else told


def sign_in_page(
    request: Request, *, news: str = "", error: HubError | None = None, email: str = "", following: str = "/"
) -> Response:
    told = explain(words(request), request, error) if error else ""
    status = error.status if error else 200
    headers = retry_header(error) if error else {}
    return render(
        request, "sign_in.html", status=status, headers=headers, news=news, error=told, email=email, next=following
    )


async def sign_in(request: Request) -> Response:
    require_private(request)
    form = await read_form(request, SignInForm)
    following = safe_next(form.next)
    try:
        signed_in = await hub_of(request).sessions.sign_in(
            form.email,
            form.password,
            address=address_of(request),
            browser=browser_of(request.headers.get("user-agent", "")),
            old=session_cookie(request),
        )
    except (WrongPassword, TooMany) as refusal:
        return sign_in_page(request, error=refusal, email=form.email, following=following)
    return entered(signed_in, following)


def entered(signed_in: SignedIn, following: str) -> Response:
    response = RedirectResponse(following, 303)
    set_session(response, signed_in.secret, seconds=LONGEST // 1000)
    return response


async def sign_out(request: Request) -> Response:
    form = await read_form(request, SignOutForm)
    try:
        session = await session_of(request)
        check_csrf(session, form.csrf)
        await hub_of(request).sessions.sign_out(session)
    except SignedOut:
        # It had run out already, which is what was wanted.
        pass
    response = RedirectResponse("/signin?out", 303)
    drop_session(response)
    response.headers["clear-site-data"] = '"storage"'
    return response


async def show_sign_out(request: Request) -> Response:
    """Nobody is signed out by a link; the account's page has the button."""
    return RedirectResponse("/account", 303)


# --- a forgotten password ---------------------------------------------------------------------------------------


async def show_forgotten(request: Request) -> Response:
    require_private(request)
    return render(request, "forgotten.html", sent=False, email="", error="")


async def forgotten(request: Request) -> Response:
    """The same answer, after the same time, whether or not somebody has this address."""
    require_private(request)
    form = await read_form(request, ForgottenForm)
    try:
        hub_of(request).sessions.check_address(address_of(request))
    except TooMany as refusal:
        told = explain(words(request), request, refusal)
        return render(
            request,
            "forgotten.html",
            status=429,
            headers=retry_header(refusal),
            sent=False,
            email=form.email,
            error=told,
        )
    response = render(request, "forgotten.html", sent=True, email=form.email, error="")
    response.background = BackgroundTask(mail_reset_link, hub_of(request), form.email, language(request))
    return response


# --- links by which colleagues come in --------------------------------------------------------------------------


async def show_welcome(request: Request) -> Response:
    require_private(request)
    invitation = await hub_of(request).agents.invitation(request.path_params["secret"])
    return welcome_page(request, invitation, WelcomeForm())


async def welcome(request: Request) -> Response:
    require_private(request)
    form = await read_form(request, WelcomeForm)
    agents, secret = hub_of(request).agents, request.path_params["secret"]
    invitation = await agents.invitation(secret)
    try:
        signed_in = await agents.accept(
            secret,
            form.password,
            name=form.name,
            email=form.email,
            browser=browser_of(request.headers.get("user-agent", "")),
        )
    except (Invalid, AlreadyHere, TooMany) as refusal:
        return welcome_page(request, invitation, form, refusal)
    return entered(signed_in, "/")


def welcome_page(
    request: Request, invitation: Invitation, form: WelcomeForm, refusal: HubError | None = None
) -> Response:
    return render(
        request,
        "welcome.html",
        status=refusal.status if refusal else 200,
        headers=retry_header(refusal) if refusal else {},
        purpose=invitation.purpose,
        name=invitation.name,
        typed_name=form.name,
        typed_email=invitation.email or form.email,
        error=explain(words(request), request, refusal) if refusal else "",
    )


routes = [
    Route("/signin", show_sign_in, methods=["GET"]),
    Route("/signin", sign_in, methods=["POST"]),
    Route("/signout", show_sign_out, methods=["GET"]),
    Route("/signout", sign_out, methods=["POST"]),
    Route("/forgotten", show_forgotten, methods=["GET"]),
    Route("/forgotten", forgotten, methods=["POST"]),
    Route("/invitation/{secret}", show_welcome, methods=["GET"]),
    Route("/invitation/{secret}", welcome, methods=["POST"]),
    Route("/reset/{secret}", show_welcome, methods=["GET"]),
    Route("/reset/{secret}", welcome, methods=["POST"]),
]
