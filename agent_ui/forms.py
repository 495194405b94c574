"""Reads the forms of our own pages: strictly, and with the token that only our own pages hold."""

from __future__ import annotations

import hmac
from typing import Annotated, TypeVar

import msgspec
from starlette.requests import Request

from agent_ui.decode import convert
from hub.errors import Forbidden
from hub.services.sessions import Session

T = TypeVar("T")

MOST_FIELDS = 20

Email = Annotated[str, msgspec.Meta(max_length=254)]
Password = Annotated[str, msgspec.Meta(max_length=1000)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Address = Annotated[str, msgspec.Meta(max_length=2000)]


class StaleForm(Forbidden):
    """This page is too old. Load it again."""

    code = "stale_form"


async def read_form(request: Request, shape: type[T]) -> T:
    """The posted fields as this type."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        return convert({name: value for name, value in form.items() if isinstance(value, str)}, shape)


def check_csrf(session: Session, token: str) -> None:
    """Raise `StaleForm` unless the form was on a page made for this very session."""
    if not hmac.compare_digest(token.encode(), session.csrf.encode()):
        raise StaleForm


def safe_next(path: str) -> str:
    """Where to go on: a place of ours, never another site's."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if is_ours else "/"
