"""Reads the forms of our own pages: strictly, and with the token that only our own pages hold."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar

import msgspec
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from agent_ui.decode import convert
from hub.errors import Forbidden, Malformed
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


@asynccontextmanager
async def posted(request: Request, *, files: int, fields: int) -> AsyncIterator[FormData]:
    """The form as it was sent, of at most so many files and fields; raises `Malformed` with what is wrong."""
    try:
        form = await request.form(max_files=files, max_fields=fields)
    except HTTPException as problem:
        raise Malformed(problem.detail) from None
    try:
        yield form
    finally:
        await form.close()


async def read_form(request: Request, shape: type[T]) -> T:
    """The posted fields as this type."""
    async with posted(request, files=0, fields=MOST_FIELDS) as form:
        return convert({name: value for name, value in form.items() if isinstance(value, str)}, shape)


def check_csrf(session: Session, token: str) -> None:
    """Raise `StaleForm` unless the form was on a page made for this very session."""
    if not hmac.compare_digest(token.encode(), session.csrf.encode()):
        raise StaleForm


def safe_next(path: str) -> str:
    """Where to go on: a place of ours, never another site's."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if is_ours else "/"
