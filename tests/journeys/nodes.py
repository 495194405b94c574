"""Nodes of a cluster in processes of their own, which can be killed, and people who use them meanwhile."""

import asyncio
import contextlib
import itertools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path
from signal import SIGKILL
from typing import Any

import httpx2
from websockets.exceptions import WebSocketException

from connectors.channels.generic import sign
from tests.parts.command_line import running_hub
from tests.parts.dovecot import Dovecot
from tests.parts.proxy import Proxy
from tests.parts.sockets import Socket, socket

# What breaks when a node dies.
BROKEN = (OSError, WebSocketException, httpx2.HTTPError)
AGAIN_S = 0.05
PATIENCE_S = 60.0


async def until(is_so: Callable[..., Awaitable[bool]], *about: Any, within: float = PATIENCE_S) -> None:
    """Ask again and again: other processes tell nobody here when they are done."""
    async with asyncio.timeout(within):
        while True:
            if await is_so(*about):
                return
            await asyncio.sleep(AGAIN_S)


class Node:
    """One hub process of the cluster."""

    def __init__(self, name: str, folder: Path, variables: dict[str, str], proxy: Proxy) -> None:
        self.name = name
        self._folder = folder / name
        self._variables = variables
        self._proxy = proxy
        self._open = ExitStack()

    async def start(self) -> None:
        entering = asyncio.to_thread(self._open.enter_context, running_hub(self._folder, variables=self._variables))
        self._hub = await entering
        self._proxy.nodes[self.name] = int(self._hub.url.rpartition(":")[2])

    async def kill(self) -> None:
        """As by `kill -9`: it says and does nothing more."""
        self._proxy.nodes.pop(self.name)
        await asyncio.to_thread(self._hub.stop, SIGKILL)
        self._open.close()

    async def stop(self) -> None:
        if self._proxy.nodes.pop(self.name, None) is not None:
            await asyncio.to_thread(self._open.close)

    @property
    def log(self) -> str:
        return self._folder.with_name(f"{self._folder.name}.log").read_text()


class Sender:
    """Says one thing after the other, each until it is acknowledged, while the load is on."""

    in_order = True
    every_s = 0.02

    def __init__(self, name: str, load: asyncio.Event) -> None:
        self.name = name
        self.acknowledged: list[str] = []
        self._load = load

    async def run(self) -> None:
        try:
            await self._say_on()
        finally:
            await self.leave()

    async def leave(self) -> None:
        """Nothing more is said."""

    async def _say_on(self) -> None:
        for number in itertools.count(1):
            if not self._load.is_set():
                return
            text = f"{self.name} {number}"
            await until(self._is_taken, number, text)
            self.acknowledged.append(text)
            await asyncio.sleep(self.every_s)

    async def _is_taken(self, number: int, text: str) -> bool:
        try:
            return await self.say(number, text)
        except BROKEN:
            return False

    async def say(self, number: int, text: str) -> bool:
        """Say it once; whether it was acknowledged."""
        raise NotImplementedError


class ApiSender(Sender):
    """The shop's backend brings what a customer wrote, by `POST /api/v1/messages`."""

    def __init__(self, name: str, load: asyncio.Event, http: httpx2.AsyncClient, token: str) -> None:
        super().__init__(name, load)
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"}

    async def say(self, number: int, text: str) -> bool:
        sender = {"kind": "email", "address": f"{self.name}@example.com", "verified": True}
        body = {"account": "api", "external_id": text, "from": sender, "text": text}
        answer = await self._http.post("/api/v1/messages", json=body, headers=self._headers)
        status: int = answer.status_code
        return status in {200, 201}


class WebhookSender(Sender):
    """A provider brings it by a signed webhook: acknowledged once the raw bytes are stored, read by one node."""

    def __init__(self, name: str, load: asyncio.Event, http: httpx2.AsyncClient, secret: str) -> None:
        super().__init__(name, load)
        self._http = http
        self._secret = secret

    async def say(self, number: int, text: str) -> bool:
        said = {"sender": {"id": self.name}, "message": {"id": text, "text": text}}
        body = json.dumps({"type": "message.received", "timestamp": "2026-01-05T09:00:00Z", "data": said}).encode()
        now = int(time.time())
        signature = sign(self._secret, text, now, body)
        headers = {"webhook-id": text, "webhook-timestamp": str(now), "webhook-signature": signature}
        status: int = (await self._http.post("/hooks/shop", content=body, headers=headers)).status_code
        return status == 204


class MailSender(Sender):
    """Somebody writes mails to the shop's mailbox, which one node at a time looks into."""

    every_s = 0.3
    # That is for the mail server to say: it numbers what it was given while nobody looked.
    in_order = False

    def __init__(self, name: str, load: asyncio.Event, store: Dovecot, mailbox: str) -> None:
        super().__init__(name, load)
        self._store = store
        self._mailbox = mailbox

    async def say(self, number: int, text: str) -> bool:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"{self.name}@example.net", self._mailbox, text
        mail["Message-ID"] = f"<{self.name}.{number}@example.net>"
        mail.set_content(text)
        await asyncio.to_thread(self._store.deliver, self._mailbox, mail.as_bytes(), f"{self.name}@example.net")
        return True


class Console:
    """A colleague's console, which comes back to whatever node there is and goes on where it was."""

    def __init__(self, url: str, cookie: str) -> None:
        self._url = url
        self._cookie = cookie
        self._position: str | None = None
        # How often it was told of each message.
        self.told: Counter[int] = Counter()
        self.connected = 0
        self.changed = asyncio.Event()
        self.began = asyncio.Event()

    async def run(self) -> None:
        while True:
            with contextlib.suppress(*BROKEN):
                async with socket(self._url, self._cookie) as line:
                    await self._listen(line)
            await asyncio.sleep(AGAIN_S)

    async def _listen(self, line: Socket) -> None:
        frame = await line.hello(position=self._position, watch={"view": "open"})
        assert "over" in frame or (self._position is None) == ("snapshot" in frame), "it was not told all it missed"
        self.connected += 1
        while "over" not in frame:
            self._take(frame)
            frame = await line.frame("events", "over")

    def _take(self, frame: dict[str, Any]) -> None:
        for event in frame.get("events", ()):
            if event["kind"] == "message.received":
                self.told.update(entry["id"] for entry in event["changes"]["entries"])
        self._position = frame["position"]
        self.began.set()
        self.changed.set()


class VisitorSender(Sender):
    """A visitor writes in the widget, over whatever line there is."""

    # A visitor may write 30 messages a minute.
    every_s = 2.2

    def __init__(self, name: str, load: asyncio.Event, url: str) -> None:
        super().__init__(name, load)
        self._url = url
        self._token: str | None = None
        self._line: Socket | None = None
        self._lines = contextlib.AsyncExitStack()

    async def say(self, number: int, text: str) -> bool:
        try:
            line = self._line or await self._come_back()
            answer = await line.call("send", key=text, text=text)
        except BROKEN:
            await self.leave()
            raise
        return "ok" in answer

    async def leave(self) -> None:
        self._line = None
        with contextlib.suppress(*BROKEN):
            await self._lines.aclose()

    async def _come_back(self) -> Socket:
        line = await self._lines.enter_async_context(socket(f"{self._url}/widget/socket"))
        said = {"account": "web", **({"token": self._token} if self._token else {})}
        self._token = (await line.hello(**said))["snapshot"]["token"]
        self._line = line
        return line


@contextlib.asynccontextmanager
async def at_work(*work: Any) -> AsyncIterator[None]:
    """These go on until the block ends; what breaks one of them breaks the test."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for problem in ended:
        if isinstance(problem, Exception):
            raise problem
