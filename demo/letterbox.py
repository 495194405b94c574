"""The customers' mail: a page of the demo that shows what went out to them and lets whoever looks on answer."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from email.message import EmailMessage
from itertools import count

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from demo.mails import MAILBOX, answer, new_mail, prove, words_of
from demo.post import PostOffice, bring

PATH = "/demo-mail"
KEPT = 50

_page = Environment(loader=PackageLoader("demo", "pages"), autoescape=True, undefined=StrictUndefined).get_template(
    "letterbox.html"
)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that arrived at somebody's."""

    number: int
    to: str
    mail: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"] or "")

    @property
    def text(self) -> str:
        return words_of(self.mail)

    @property
    def files(self) -> list[str]:
        return [part.get_filename() or "" for part in self.mail.iter_attachments()]


class Letterbox:
    """What arrived since the demo was started, for everybody of the story; the newest first."""

    def __init__(self) -> None:
        self._letters: deque[Letter] = deque(maxlen=KEPT)
        self._numbers = count(1)
        self._door = 0

    def hang(self, post: PostOffice, door: int) -> None:
        """Take what the post office brings from now on; answers go to the hub's door."""
        self._door = door
        post.on_mail(self._keep)

    def _keep(self, address: str, mail: EmailMessage) -> None:
        self._letters.appendleft(Letter(number=next(self._numbers), to=address, mail=mail))

    def beside(self, site: Starlette) -> Starlette:
        """The hub's site, with this page in it."""
        site.router.routes.insert(0, Route(PATH, self._show, methods=["GET"]))
        site.router.routes.insert(0, Route(PATH, self._take, methods=["POST"]))
        return site

    async def _show(self, request: Request) -> Response:
        page = _page.render(
            nonce=request.state.nonce, letters=self._letters, mailbox=MAILBOX, sent="sent" in request.query_params
        )
        return HTMLResponse(page)

    async def _take(self, request: Request) -> Response:
        """An answer to a letter, or a new mail to the shop."""
        async with request.form() as form:
            given = {name: str(value) for name, value in form.items()}
        mail = self._written(
            given.get("answers", ""), given.get("from", ""), given.get("subject", ""), given.get("text", "")
        )
        prove(mail)
        await bring(mail, self._door)
        return RedirectResponse(f"{PATH}?sent", 303)

    def _written(self, answers: str, sender: str, subject: str, text: str) -> EmailMessage:
        now = datetime.now(UTC)
        answered = next((letter for letter in self._letters if str(letter.number) == answers), None)
        if answered is not None:
            return answer(answered.mail, answered.to, text, now)
        mail = new_mail(sender, " ".join(subject.split()), now)
        mail.set_content(text)
        return mail
