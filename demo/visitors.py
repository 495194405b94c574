"""Two people who are here now: one writes in the widget, one by mail. Both wait for answers and react to them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formataddr
from typing import Any

import aiosmtplib
import msgspec
import websockets

from demo.mails import answer, new_mail, prove, words_of
from demo.people import JAKOB, MIRA
from demo.post import PostOffice, bring
from demo.script import Person
from demo.talk import JAKOB as JAKOB_VOICE
from demo.talk import JAKOB_ASKS, MIRA_ASKS, Talker
from demo.talk import MIRA as MIRA_VOICE

logger = logging.getLogger(__name__)

# With these begins what stands below the words of an answer.
_BELOW = (">", "##", "Was this not you?")


class Tempo(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: to read and think, to type, until the next part of an answer is no longer awaited, to lose patience."""

    thinks: float = 2.5
    types: float = 2.0
    listens: float = 3.0
    leaves_after: float = 90.0


class Street(msgspec.Struct, frozen=True, kw_only=True):
    """Where the two find the shop: its pages, the post office, and the door of its mailbox."""

    url: str
    post: PostOffice
    door: int
    tempo: Tempo = Tempo()


class Letters:
    """A person's own mail: what arrives for them, and their answers to it."""

    def __init__(self, person: Person, street: Street, talker: Talker) -> None:
        self._person = person
        self._street = street
        self._talker = talker
        self._arrived: asyncio.Queue[EmailMessage] = asyncio.Queue()
        self._from = formataddr((person.name, person.email))
        street.post.on_mail(self._keep)

    def _keep(self, address: str, mail: EmailMessage) -> None:
        if address == self._person.email:
            self._arrived.put_nowait(mail)

    async def write(self, subject: str, text: str) -> None:
        mail = new_mail(self._from, subject, datetime.now(UTC))
        mail.set_content(f"Hello,\n\n{text}\n\n{self._person.name}")
        await self._bring(mail)

    async def correspond(self) -> None:
        """Answer what arrives, as long as there is something to say."""
        while True:
            letter = await self._arrived.get()
            await asyncio.sleep(self._street.tempo.thinks)
            words = self._talker.reply(_own_words(letter))
            if words is None:
                return
            text = f"{words}\n\n{self._person.name.split()[0]}"
            await self._bring(answer(letter, self._from, text, datetime.now(UTC), self._person.language))

    async def _bring(self, mail: EmailMessage) -> None:
        prove(mail)
        await bring(mail, self._street.door)


def _own_words(letter: EmailMessage) -> str:
    """What is said in a mail, without what it quotes and what the hub adds below."""
    lines = itertools.takewhile(lambda line: not line.startswith(_BELOW), words_of(letter).splitlines())
    return "\n".join(lines)


class Chat:
    """Mira in front of the widget."""

    def __init__(self, line: Any, street: Street, talker: Talker) -> None:
        self._line = line
        self._tempo = street.tempo
        self._talker = talker
        visit = secrets.token_hex(4)
        self._keys = (f"mira-{visit}-{number}" for number in itertools.count())
        self._known: set[str] = set()
        self._fresh: list[str] = []
        self._colleague_types = False

    async def begin(self, token: str) -> str:
        """Say hello with the token of the last visit; the one for the next."""
        hello = {"account": "web", "language": "en"} | ({"token": token} if token else {})
        await self._send(hello=hello)
        snapshot = (await self._frame())["snapshot"]
        self._known = {message["id"] for message in snapshot["messages"]}
        return str(snapshot["token"])

    async def talk(self, opening: str) -> None:
        """Ask, and react to what is answered until nobody answers or all is said."""
        await self._say(opening)
        while (text := await self._answer()) is not None:
            words = self._talker.reply(text)
            if words is None:
                return
            await self._say(words)
        await self._say("I have to go now. Could you mail me the answer? I leave my address here.")

    async def leave_email(self) -> None:
        """Type the address, and go when it is noted."""
        key = await self._call("email", email=MIRA.email, name=MIRA.name)
        async with asyncio.timeout(self._tempo.leaves_after):
            while (await self._frame()).get("answer") != key:
                pass

    async def _answer(self) -> str | None:
        """What colleagues say next, all of it; None when nobody says anything for long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._tempo.leaves_after
        while loop.time() < until:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._hear()
            if self._fresh:
                until = min(until, loop.time() + self._tempo.listens)
            elif self._colleague_types:
                # Who sees somebody type waits a little longer.
                until = max(until, loop.time() + self._tempo.leaves_after / 2)
        text, self._fresh = "\n".join(self._fresh), []
        return text or None

    async def _hear(self) -> None:
        """Take in one frame."""
        frame = await self._frame()
        if "presence" in frame:
            self._colleague_types = bool(frame["presence"].get("typing"))
        changed = [m for event in frame.get("events", ()) for m in event.get("changes", {}).get("messages", ())]
        fresh = [message for message in changed if message["from"] == "us" and message["id"] not in self._known]
        for message in fresh:
            self._known.add(message["id"])
            self._fresh.append(message["text"])
        if fresh:
            await self._send(tell={"got": fresh[-1]["id"]})
            await self._call("seen", up_to=fresh[-1]["id"])

    async def _say(self, text: str) -> None:
        await asyncio.sleep(self._tempo.thinks)
        await self._send(tell={"typing": True})
        await asyncio.sleep(self._tempo.types)
        await self._call("send", text=text)
        await self._send(tell={"typing": False})

    async def _call(self, verb: str, **given: str) -> str:
        key = next(self._keys)
        await self._send(call=key, do=verb, **{"with": given})
        return key

    async def _frame(self) -> dict[str, Any]:
        frame: dict[str, Any] = msgspec.json.decode(await self._line.recv())
        return frame

    async def _send(self, **frame: Any) -> None:
        await self._line.send(msgspec.json.encode(frame).decode())


async def mira(street: Street, visit: int, token: str, remember: Callable[[str], None]) -> None:
    """Asks in the widget; when nobody answers for a while she leaves her address, goes, and goes on by mail."""
    talker = Talker(MIRA_VOICE)
    letters = Letters(MIRA, street, talker)
    async with _widget(street.url) as line:
        chat = Chat(line, street, talker)
        remember(await chat.begin(token))
        await chat.talk(MIRA_ASKS[visit % len(MIRA_ASKS)])
        await chat.leave_email()
    await letters.correspond()


@contextlib.asynccontextmanager
async def _widget(url: str) -> AsyncIterator[Any]:
    socket = url.replace("http", "ws", 1) + "/widget/socket"
    async with websockets.connect(socket, origin=websockets.Origin(url)) as line:
        yield line


async def jakob(street: Street, visit: int) -> None:
    """Writes a mail, and answers those he gets."""
    letters = Letters(JAKOB, street, Talker(JAKOB_VOICE))
    await letters.write(*JAKOB_ASKS[visit % len(JAKOB_ASKS)])
    await letters.correspond()


async def _alone(name: str, life: Awaitable[None]) -> None:
    """Who cannot go on leaves, and the demo goes on."""
    try:
        await life
    except (OSError, aiosmtplib.SMTPException, websockets.WebSocketException, msgspec.MsgspecError) as problem:
        logger.info("%s has left: %s", name, problem, extra={"action": "visitor_left"})


async def live(street: Street, visit: int, token: str, remember: Callable[[str], None]) -> None:
    """Both, until they have nothing more to say. `remember` is given the token of Mira's browser."""
    await asyncio.gather(
        _alone(MIRA.name, mira(street, visit, token, remember)), _alone(JAKOB.name, jakob(street, visit))
    )
