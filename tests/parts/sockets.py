"""One end of a socket of the hub's, as a test holds it: says hello, calls, and waits for the frames it names."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from agent_ui.cookies import SESSION

Json = dict[str, Any]
PATIENCE_S = 30

_keys = itertools.count(1)


class Socket:
    """A connection whose frames are asked for by what they hold; those passed over are kept in `passed`."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.passed: list[Json] = []
        self.position: str | None = None

    async def say(self, frame: Any) -> None:
        await self.line.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def frame(self, *names: str) -> Json:
        """The next frame that holds one of these."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame: Json = json.loads(await self.line.recv())
                self.position = frame.get("position", self.position)
                if any(name in frame for name in names):
                    return frame
                self.passed.append(frame)

    async def hello(self, **said: Any) -> Json:
        """Begin; the snapshot, or what was missed."""
        await self.say({"hello": said})
        return await self.frame("snapshot", "events", "over")

    async def call(self, verb: str, *, key: str = "", **given: Any) -> Json:
        """Call, and what is answered: `ok` or `error`."""
        key = key or f"call-{next(_keys)}"
        await self.say({"call": key, "do": verb, "with": given})
        while (answer := await self.frame("answer"))["answer"] != key:
            pass
        return answer

    async def ok(self, verb: str, *, key: str = "", **given: Any) -> Json:
        answer = await self.call(verb, key=key, **given)
        assert "ok" in answer, answer
        ok: Json = answer["ok"]
        return ok

    async def refused(self, verb: str, **given: Any) -> Json:
        """The problem with which a call is refused."""
        problem: Json = (await self.call(verb, **given))["error"]
        return problem

    async def event(self, kind: str) -> Json:
        """The next event of this kind."""
        while True:
            for event in (await self.frame("events"))["events"]:
                if event["kind"] == kind:
                    found: Json = event
                    return found

    async def kinds_until(self, kind: str) -> list[str]:
        """The kinds of all events up to the next of this one."""
        kinds: list[str] = []
        while kind not in kinds:
            kinds += [event["kind"] for event in (await self.frame("events"))["events"]]
        return kinds

    async def over(self) -> str:
        """Why the hub closes the line, once it has closed it."""
        code: str = (await self.frame("over"))["over"]["code"]
        await self.closed()
        return code

    async def closed(self) -> int | None:
        """With which code the line is closed, once it is."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while True:
                    self.passed.append(json.loads(await self.line.recv()))
            except ConnectionClosed:
                return self.line.close_code


@asynccontextmanager
async def socket(url: str, cookie: str = "", **headers: str) -> AsyncIterator[Socket]:
    """A connection until the block ends; `headers` with _ for -."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    if cookie:
        said["Cookie"] = f"{SESSION}={cookie}"
    async with connect(url.replace("http", "ws", 1), additional_headers=said, proxy=None, max_size=None) as line:
        yield Socket(line)
