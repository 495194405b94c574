"""Consoles without a browser: a real socket, whose frames go into the console's own store as Node runs it."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from agent_ui.cookies import SESSION
from tests.parts.process import program

STORE = Path(__file__).resolve().parents[2] / "agent_ui" / "static" / "dist" / "store.mjs"
PATIENCE_S = 30

SCRIPT = """
import { createInterface } from "node:readline";
const store = await import(process.argv[1]);
const states = new Map();
const steps = {
  begin: (state, { view, customer }) => Object.assign(store.watch(state), { view, customer }),
  apply: store.apply,
  list: (state, page) => store.showList(state, page, page.goes_on),
  open: store.showConversation,
  entries: (state, page) => store.addEntries(state, page.customer, page),
  look: () => undefined,
};
for await (const line of createInterface({ input: process.stdin })) {
  const [name, step, given] = JSON.parse(line);
  if (!states.has(name)) states.set(name, store.createState());
  const state = states.get(name);
  const answer = steps[step](state, given);
  const { position, reopen } = state;
  const watch = step === "begin" ? answer : store.watch(state);
  const canonical = step === "look" ? store.canonical(state) : "";
  console.log(JSON.stringify({ position, reopen, watch, canonical }));
}
"""

Json = dict[str, Any]
_names = itertools.count(1)


class Stores:
    """One Node with a store for each screen."""

    def __init__(self, node: asyncio.subprocess.Process) -> None:
        self._node = node
        self._turn = asyncio.Lock()

    async def do(self, name: str, step: str, given: Any = None) -> Json:
        """Take one step with a store; where it stands then."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        async with self._turn:
            self._node.stdin.write(json.dumps([name, step, given]).encode() + b"\n")
            line = await self._node.stdout.readline()
        assert line, "the store failed"
        stands: Json = json.loads(line)
        return stands


@asynccontextmanager
async def stores() -> AsyncIterator[Stores]:
    """Runs Node until the block ends."""
    node = await asyncio.create_subprocess_exec(
        *(program("node"), "--input-type=module", "--eval", SCRIPT, STORE.as_uri()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=64 * 1024 * 1024,
    )
    try:
        yield Stores(node)
    finally:
        assert node.stdin is not None
        node.stdin.close()
        await node.wait()


class Screen:
    """One console that stays: it comes back whenever its line is cut, and calls for what its store asks for."""

    def __init__(self, held: Stores, url: str, cookie: str, **watch: Any) -> None:
        self.name = f"screen{next(_names)}"
        self._stores = held
        self._url = url.replace("http", "ws", 1) + "/console/socket"
        self._cookie = cookie
        self._first = watch
        self._stands: Json = {}
        self._keys = itertools.count(1)
        self._waiting: dict[str, tuple[str, Json, asyncio.Future[Json]]] = {}
        self._fences: set[int] = set()
        self._news = asyncio.Condition()
        self._line: ClientConnection | None = None
        self._staying: asyncio.Task[None] | None = None
        # With what each connection began, and every kind of event that was heard.
        self.began: list[str] = []
        self.kinds: set[str] = set()

    @property
    def watch(self) -> Json:
        watch: Json = self._stands["watch"]
        return watch

    async def come(self, watch: Json | None = None) -> None:
        """Connect, and stay until `leave`."""
        self._stands = await self._stores.do(self.name, "begin", {"view": "open", "customer": None} | self._first)
        if watch is not None:
            self._stands["watch"] = watch
        self._staying = asyncio.create_task(self._stay())
        await self._until(lambda: bool(self.began))

    async def leave(self) -> None:
        if self._staying is not None:
            self._staying.cancel()
            with suppress(asyncio.CancelledError):
                await self._staying

    async def cut(self) -> None:
        """Let the line go without a word, as a browser does that is killed."""
        await self._until(lambda: self._line is not None)
        if self._line is not None:
            self._line.transport.abort()

    async def call(self, verb: str, **given: Any) -> Json:
        """Call the hub as the console does: without a line the call waits for one."""
        key = f"{self.name}-{next(self._keys)}"
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[key] = (verb, given, answer)
        await self._send_call(key)
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def reaches(self, fence: int) -> None:
        """Wait until this event was heard and nothing is asked for any more."""
        await self._until(lambda: fence in self._fences and not self._waiting and self._stands["reopen"] is None)

    async def state(self) -> Any:
        """All that it holds."""
        return json.loads((await self._stores.do(self.name, "look"))["canonical"])

    # --- its line ---

    async def _stay(self) -> None:
        headers = {"Cookie": f"{SESSION}={self._cookie}"}
        while True:
            with suppress(ConnectionClosed, InvalidMessage, OSError):
                async with connect(self._url, additional_headers=headers, proxy=None, max_size=None) as line:
                    await self._talk(line)
            await asyncio.sleep(0.01)

    async def _talk(self, line: ClientConnection) -> None:
        hello = {"position": self._stands["position"], "watch": self._stands["watch"]}
        await line.send(json.dumps({"hello": hello}))
        self._line, first = None, True
        try:
            async for text in line:
                frame = json.loads(text)
                await self._receive(frame)
                if first and ("snapshot" in frame or "events" in frame):
                    first, self._line = False, line
                    self.began.append("snapshot" if "snapshot" in frame else "events")
                    for key in list(self._waiting):
                        await self._send_call(key)
                async with self._news:
                    self._news.notify_all()
        finally:
            self._line = None

    async def _send_call(self, key: str) -> None:
        if self._line is None:
            return
        verb, given, _ = self._waiting[key]
        with suppress(ConnectionClosed):
            await self._line.send(json.dumps({"call": key, "do": verb, "with": given}))

    async def _receive(self, frame: Json) -> None:
        assert "over" not in frame, frame
        if "answer" in frame:
            await self._take_answer(frame)
        elif "snapshot" in frame or "events" in frame:
            await self._step("apply", frame)
            for event in frame.get("events", ()):
                self.kinds.add(event["kind"])
                if event["kind"] == "fence":
                    self._fences.add(event["number"])

    async def _take_answer(self, frame: Json) -> None:
        verb, given, answer = self._waiting.pop(frame["answer"], ("", {}, None))
        if answer is None:
            return
        if "ok" in frame and verb in {"list", "open", "entries"}:
            more = {"goes_on": "after" in given, "customer": given.get("customer")} if verb != "open" else {}
            await self._step(verb, frame["ok"] | more)
        if "error" in frame:
            answer.set_exception(AssertionError(frame["error"]))
        else:
            answer.set_result(frame["ok"])

    async def _step(self, step: str, given: Json) -> None:
        self._stands = await self._stores.do(self.name, step, given)
        again = self._stands["reopen"]
        if again is not None and not any(verb == "open" for verb, _, _ in self._waiting.values()):
            asking = {"customer": again, "floor": self._stands["watch"]["entries_floor"]}
            key = f"{self.name}-{next(self._keys)}"
            self._waiting[key] = ("open", asking, asyncio.get_running_loop().create_future())
            await self._send_call(key)

    async def _until(self, condition: Any) -> None:
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(condition)
