"""The hub's end of the widget's socket, played by a test: what agent_ui/README.md says, when the test wants it."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent_ui import assets
from agent_ui.render import render
from agent_ui.surfaces import page_policy
from agent_ui.texts import texts
from tests.parts.serving import serving

Json = dict[str, Any]

NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
NOBODY: Json = {"name": "", "email_hint": "", "identified": False}
FILE: Json = {"filename": "kettle.png", "content_type": "image/png", "size": 70, "image": True}

SHOP_POLICY = (
    "default-src 'none'; script-src http://127.0.0.1:{port}; frame-src http://127.0.0.1:{port}; "
    "base-uri 'none'; require-trusted-types-for 'script'"
)
SHOP_PAGE = """<!doctype html><html lang="{language}"><title>Kettle Alba</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<main><h1>Feldweg</h1><a href="?next">Next page</a></main>
<script src="http://127.0.0.1:{port}/widget.js" data-account="web" async></script></html>"""


class HubEnd:
    """One visitor's session. Every call succeeds, unless `refusal` holds a problem or `silent` is set.

    With a problem in `failing` what a call asks for is done, and it is answered with the problem all the same.
    """

    def __init__(self) -> None:
        self.port = 0
        self.brand: Json = {}
        self.open: Json = {"now": True, "text": "Open today until 18:00"}
        self.pace: Json | None = {"text": "Replies in about 4 min, from the last hour."}
        self.me = dict(NOBODY)
        self.people: list[Json] = []
        self.messages: list[Json] = []
        self.page_size = 30
        self.refusal: Json | None = None
        self.silent = False
        self.failing: Json | None = None
        self.away = False
        self.doubted = ""
        self.upload_status = 200
        self.hellos: list[Json] = []
        self.calls: list[Json] = []
        self.tells: list[Json] = []
        self.tokens: list[str] = []
        self._answers: dict[str, Json] = {}
        self._lines: set[WebSocket] = set()
        self._news = asyncio.Condition()
        self._position = 0

    @property
    def shop(self) -> str:
        """The shop's page: the same server under another name, so another origin."""
        return f"http://localhost:{self.port}/shop"

    @property
    def frame(self) -> str:
        return f"http://127.0.0.1:{self.port}/widget/frame?account=web&language=en"

    def message(
        self,
        text: str,
        *,
        author: str = "",
        state: str | None = None,
        files: tuple[Json, ...] = (),
        key: str | None = None,
    ) -> Json:
        """Keeps a message, a minute after the one before: ours if it has an author, else the visitor's."""
        return self._keep(
            {
                "id": secrets.token_hex(6),
                "version": 1,
                "at": f"{NOON + timedelta(minutes=len(self.messages)):%Y-%m-%dT%H:%M:%S.000Z}",
                "from": "us" if author else "visitor",
                "author": author,
                "text": text,
                "attachments": list(files),
                "state": None if author else state or "sent",
                "key": key,
            }
        )

    def _keep(self, message: Json) -> Json:
        self.messages.append(message)
        return message

    async def say(self, text: str, author: str = "Ana") -> None:
        await self.emit(changes={"messages": [self.message(text, author=author)]})

    async def mark(self, message: Json, state: str) -> None:
        message.update(state=state, version=message["version"] + 1)
        await self.emit(changes={"messages": [message]})

    async def emit(self, **event: Any) -> None:
        event.setdefault("changes", {})
        await self.frames({"events": [{"kind": "test", **event}], "position": self._next_position()})

    async def type_as(self, name: str | None) -> None:
        await self.frames({"presence": {"typing": name}})

    async def end(self, code: str) -> None:
        await self.frames({"over": {"code": code, "text": "", "again": False}})

    async def frames(self, frame: Json) -> None:
        for line in tuple(self._lines):
            await line.send_json(frame)

    async def cut(self) -> None:
        """Breaks every connection; new ones are refused for as long as `away` is set."""
        for line in tuple(self._lines):
            self._lines.discard(line)
            await line.close()

    async def called(self, verb: str, times: int = 1) -> list[Json]:
        """The calls of one verb, once there are as many as expected."""

        def found() -> list[Json]:
            return [call for call in self.calls if call["do"] == verb]

        await self.until(lambda: len(found()) >= times)
        return found()

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(30), self._news:
            await self._news.wait_for(condition)

    def _next_position(self) -> str:
        self._position += 1
        return str(self._position)

    def _snapshot(self, token: str) -> Json:
        return {
            "token": token,
            "account": self.account(),
            "open": self.open,
            "pace": self.pace,
            "me": self.me,
            "messages": self.messages[-self.page_size :],
            "more": len(self.messages) > self.page_size,
            "people": self.people,
        }

    def account(self) -> Json:
        return {"name": "web", "label": "Feldweg", "language": "en", "brand": self.brand}

    async def converse(self, line: WebSocket) -> None:
        await line.accept()
        if self.away:
            return await line.close()
        hello = (await line.receive_json())["hello"]
        await self._note(self.hellos, hello)
        if hello["identity"] and hello["identity"] == self.doubted:
            return await line.send_json({"over": {"code": "bad_identity", "text": "", "again": False}})
        token = hello["token"] or secrets.token_hex(8)
        await line.send_json({"snapshot": self._snapshot(token), "position": self._next_position()})
        self._lines.add(line)
        try:
            while True:
                await self._take(line, await line.receive_json())
        except WebSocketDisconnect:
            self._lines.discard(line)

    async def _take(self, line: WebSocket, frame: Json) -> None:
        if "tell" in frame:
            return await self._note(self.tells, frame["tell"])
        await self._note(self.calls, frame)
        if self.silent:
            return
        if self.refusal:
            return await line.send_json({"answer": frame["call"], "error": self.refusal})
        if frame["call"] not in self._answers:
            self._answers[frame["call"]] = await self._do(frame["do"], frame["with"], frame["call"])
            if self.failing:
                return await line.send_json({"answer": frame["call"], "error": self.failing})
        await line.send_json({"answer": frame["call"], "ok": self._answers[frame["call"]]})

    async def _do(self, verb: str, given: Json, key: str) -> Json:
        if verb == "send":
            files = tuple({**FILE, "id": id, "url": f"/widget/attachments/{id}"} for id in given.get("attachments", ()))
            message = self.message(given["text"], files=files, key=key)
            # As the hub does: the news goes to everyone, the one who acted included, and may come first.
            if not self.failing:
                await self.emit(changes={"messages": [message]})
            return {"message": message}
        if verb == "email":
            self.me.update(email_hint=f"{given['email'][0]}•••@{given['email'].split('@')[1]}")
            return {"me": self.me}
        if verb == "more":
            end = next(i for i, message in enumerate(self.messages) if message["id"] == given["before"])
            start = max(0, end - self.page_size)
            return {"messages": self.messages[start:end], "more": start > 0}
        return {}

    async def _note(self, kept: list[Json], heard: Json) -> None:
        async with self._news:
            kept.append(heard)
            self._news.notify_all()

    async def show_frame(self, request: Request) -> Response:
        request.state.nonce = secrets.token_hex(8)
        language = request.query_params["language"][:2]
        page = {
            "account": self.account(),
            "language": language,
            "largest": 25_000_000,
            "origins": [f"http://127.0.0.1:{self.port}", "http://localhost:*"],
            "texts": texts(language, "widget"),
        }
        policy = page_policy(request.state.nonce, ancestors="http://localhost:*")
        return render(request, "frame.html", headers={"content-security-policy": policy}, page=page)

    async def show_shop(self, request: Request) -> Response:
        page = SHOP_PAGE.format(port=self.port, language=request.query_params.get("language", "en"))
        return HTMLResponse(page, headers={"content-security-policy": SHOP_POLICY.format(port=self.port)})

    async def take_file(self, request: Request) -> Response:
        size = sum([len(chunk) async for chunk in request.stream()])
        self.tokens.append(request.headers["authorization"])
        return JSONResponse({**FILE, "id": secrets.token_hex(6), "size": size}, self.upload_status)


async def show_launcher(request: Request) -> Response:
    content = (assets.dist() / assets.manifest()["launcher.js"]).read_bytes()
    return Response(content, media_type="text/javascript")


@asynccontextmanager
async def hub_end() -> AsyncIterator[HubEnd]:
    """Serves a hub's end of the widget, and a shop's page, on a free port until the block ends."""
    end = HubEnd()
    app = Starlette(
        routes=[
            Route("/shop", end.show_shop),
            Route("/widget.js", show_launcher),
            Route("/widget/frame", end.show_frame),
            Route("/widget/attachments", end.take_file, methods=["POST"]),
            WebSocketRoute("/widget/socket", end.converse),
            *assets.routes,
        ]
    )
    async with serving(app) as address:
        end.port = int(address.rpartition(":")[2])
        yield end
        await end.cut()
