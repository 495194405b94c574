"""Two people who are here now: one writes in the widget, one by mail. Both react to what is answered."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

import msgspec
import websockets

from demo.people import JAKOB, MIRA
from demo.post import PostOffice, bring
from demo.teller import GATE, MAILBOX

logger = logging.getLogger(__name__)

# What a colleague's answer is about, and what one says to it.
_REACTIONS = (
    (r"\b(size|38|39|42|43)\b", "Then I take the bigger ones. Could you put a pair aside for me at Altmarkt?"),
    (r"\b(yes|sure|of course|gladly)\b", "Perfect, thank you! Until when can I come by?"),
    (r"\b(no|sorry|unfortunately|not)\b", "Oh, what a pity. Is there something similar?"),
    (r"\?", "Good question. I need it for a weekend in the mountains, two nights."),
    (r"\b(by|until|today|tomorrow|monday|friday)\b", "That suits me well. Thank you for the quick answer!"),
)
_OTHERWISE = (
    "Thank you, that helps me.",
    "All right. I will think about it over the weekend.",
    "Thanks, that is all for now!",
)
_THINKS_S = 2.5
_TYPES_S = 2.0
_LEAVES_AFTER_S = 90.0
_MOST_TURNS = 6


def reaction(text: str, turn: int) -> str:
    """What somebody says to an answer."""
    for pattern, words in _REACTIONS:
        if re.search(pattern, text, re.IGNORECASE) and turn < len(_REACTIONS):
            return words
    return _OTHERWISE[turn % len(_OTHERWISE)]


class Mira:
    """Sits at the widget. When nobody answers for a while she leaves her address and goes, and goes on by mail."""

    def __init__(self, url: str, post: PostOffice, door: int) -> None:
        self._url = url.replace("http", "ws", 1) + "/widget/socket"
        self._origin = url
        self._keys = (f"mira-{number}" for number in itertools.count())
        self._door = door
        self._mails: asyncio.Queue[EmailMessage] = asyncio.Queue()
        post.on_mail(lambda address, mail: self._mails.put_nowait(mail) if address == MIRA.email else None)

    async def live(self) -> None:
        async with websockets.connect(self._url, origin=websockets.Origin(self._origin)) as line:
            await self._send(line, hello={"account": "web", "language": "en"})
            await self._say(line, "Hello! Is the tent Lumo big enough for two and a dog?")
            await self._talk(line)
            await self._send(
                line, call=next(self._keys), do="email", **{"with": {"email": MIRA.email, "name": MIRA.name}}
            )
        for turn in range(_MOST_TURNS):
            answer = await self._mails.get()
            await asyncio.sleep(_THINKS_S)
            await bring(answer_to(answer, MIRA.name, MIRA.email, reaction(_words(answer), turn)), self._door)

    async def _talk(self, line: Any) -> None:
        """React to what is answered, until nothing comes for a while."""
        turn = 0
        known: set[str] = set()
        while turn < _MOST_TURNS:
            try:
                frame = msgspec.json.decode(await asyncio.wait_for(line.recv(), _LEAVES_AFTER_S))
            except TimeoutError:
                return
            for message in _ours(frame):
                if message["id"] in known:
                    continue
                known.add(message["id"])
                await self._send(line, call=next(self._keys), do="seen", **{"with": {"up_to": message["id"]}})
                await self._say(line, reaction(message["text"], turn))
                turn += 1

    async def _say(self, line: Any, text: str) -> None:
        await asyncio.sleep(_THINKS_S)
        await self._send(line, tell={"typing": True})
        await asyncio.sleep(_TYPES_S)
        await self._send(line, call=next(self._keys), do="send", **{"with": {"text": text}})

    async def _send(self, line: Any, **frame: Any) -> None:
        await line.send(msgspec.json.encode(frame).decode())


def _ours(frame: dict[str, Any]) -> list[dict[str, Any]]:
    messages = [m for event in frame.get("events", ()) for m in event.get("changes", {}).get("messages", ())]
    return [message for message in messages if message["from"] == "us"]


class Jakob:
    """Writes mails, and answers those he gets."""

    def __init__(self, post: PostOffice, door: int) -> None:
        self._door = door
        self._mails: asyncio.Queue[EmailMessage] = asyncio.Queue()
        post.on_mail(lambda address, mail: self._mails.put_nowait(mail) if address == JAKOB.email else None)

    async def live(self) -> None:
        await bring(_first(), self._door)
        for turn in range(_MOST_TURNS):
            answer = await self._mails.get()
            await asyncio.sleep(_THINKS_S)
            await bring(answer_to(answer, JAKOB.name, JAKOB.email, reaction(_words(answer), turn)), self._door)


def _first() -> EmailMessage:
    mail = _mail(JAKOB.name, JAKOB.email, "Do you have walking boots in 47?")
    mail.set_content(
        "Hello,\n\nI have large feet. Do you have the boot Fjell in 47, or can you order it?\n\nJakob Stein"
    )
    return mail


def _mail(name: str, address: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    domain = address.partition("@")[2]
    mail["From"] = f"{name} <{address}>"
    mail["To"] = MAILBOX
    mail["Subject"] = subject
    mail["Message-ID"] = make_msgid(domain=domain)
    mail["Authentication-Results"] = f"{GATE}; dmarc=pass header.from={domain}"
    return mail


def answer_to(mail: EmailMessage, name: str, address: str, text: str) -> EmailMessage:
    """An answer as a mail programme makes it: in the thread, with the mail it answers quoted below."""
    subject = str(mail["Subject"] or "")
    answer = _mail(name, address, subject if subject.lower().startswith("re:") else f"Re: {subject}")
    answer["In-Reply-To"] = str(mail["Message-ID"])
    answer["References"] = f"{mail['References'] or ''} {mail['Message-ID']}".strip()
    quoted = "\n".join(f"> {line}" for line in _words(mail).splitlines())
    answer.set_content(f"{text}\n\n{name.split()[0]}\n\nOn {mail['Date']}, Feldweg wrote:\n{quoted}\n")
    return answer


def _words(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


async def _alone(name: str, life: Any) -> None:
    """One who fails does not end the demo."""
    try:
        await life
    except (OSError, websockets.WebSocketException, msgspec.MsgspecError) as problem:
        logger.info("%s has left: %s", name, problem, extra={"action": "visitor_left"})


async def live(url: str, post: PostOffice, door: int) -> None:
    """Both, until they have nothing more to say."""
    await asyncio.gather(_alone(MIRA.name, Mira(url, post, door).live()), _alone(JAKOB.name, Jakob(post, door).live()))
