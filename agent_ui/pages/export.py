"""A conversation to be printed or taken along: all of its channels in one timeline, streamed page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from functools import partial
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from agent_ui.callers import hub_of, session_of
from agent_ui.decode import query
from agent_ui.downloads import disposition
from agent_ui.paths import id_in
from agent_ui.readable import clock_of, day_of
from agent_ui.render import language, part
from agent_ui.texts import has_text, translator
from hub.addresses import SESSION_KINDS
from hub.bootstrap import Hub
from hub.database import Reading
from hub.security import Actor
from hub.services.export import BEGINNING, Export
from hub.views import EntryView

SAID = {"message", "note", "call", "store_visit"}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    format: Literal["html", "json"] = "html"


async def export(request: Request) -> Response:
    session, wanted = await session_of(request), query(request, Wanted)
    hub = hub_of(request)
    begun = await hub.exports.begin(session.actor, id_in(request, "customer_id"))
    if wanted.format == "json":
        name = f"conversation-{begun.customer.id}.json"
        return StreamingResponse(
            _json(hub, begun), media_type="application/json", headers={"content-disposition": disposition(name)}
        )
    paper = Paper(request, begun, await hub.db.view(partial(_names, hub)))
    return StreamingResponse(paper.pages(session.actor), media_type="text/html; charset=utf-8")


def _names(hub: Hub, rd: Reading) -> dict[tuple[str, int], str]:
    """Who may have been given a request."""
    agents = {("agent", agent.id): agent.name for agent in hub.snapshot.agents(rd)}
    return agents | {("team", team.id): team.name for team in hub.snapshot.teams(rd)}


async def _entries(hub: Hub, begun: Export) -> AsyncIterator[list[EntryView]]:
    entries, place = await hub.exports.page(begun, BEGINNING)
    yield entries
    while place is not None:
        entries, place = await hub.exports.page(begun, place)
        yield entries


async def _json(hub: Hub, begun: Export) -> AsyncIterator[bytes]:
    """One object: what `Export` has, and `entries`, which is never whole in memory."""
    yield msgspec.json.encode(begun).removesuffix(b"}") + b',"entries":['
    separator = b""
    async for entries in _entries(hub, begun):
        if entries:
            yield separator + b",\n".join(map(msgspec.json.encode, entries))
            separator = b",\n"
    yield b"]}\n"


class Paper:
    """The conversation on paper: days and requests divide what was said, everything else is a line."""

    def __init__(self, request: Request, begun: Export, names: dict[tuple[str, int], str]) -> None:
        self._request = request
        self._begun = begun
        self._names = names
        self._zone = hub_of(request).company.time_zone
        self._language = language(request)
        self._t = translator(self._language, "page")
        self._words = translator(self._language, "console")
        self._requests = {each.id: each for each in begun.requests}
        self._day = ""
        self._matter: int | None = None

    async def pages(self, actor: Actor) -> AsyncIterator[str]:
        made = self._time(self._begun.made_at)
        about = {"export": self._begun, "actor": actor, "made": made, "word": self._word, "time": self._time}
        yield part(self._request, "export_head.html", **about)
        async for entries in _entries(hub_of(self._request), self._begun):
            items = [item for entry in entries for item in self._items(entry)]
            yield part(self._request, "export_items.html", items=items, size=self._size, word=self._word)
        yield part(self._request, "export_end.html", made=made)

    def _items(self, entry: EntryView) -> Iterator[dict[str, Any]]:
        at = datetime.fromisoformat(entry.shown_at)
        day = day_of(at, self._zone, self._t)
        if day != self._day:
            self._day = day
            yield {"is": "day", "text": day}
        matter = self._requests.get(entry.request_id or 0)
        if matter is not None and matter.id != self._matter and entry.kind in SAID:
            self._matter = matter.id
            yield {"is": "request", "request": matter}
        yield {
            "is": entry.kind if entry.kind in SAID else "line",
            "entry": entry,
            "clock": clock_of(at, self._zone),
            "facts": [fact for fact in self._facts(entry) if fact],
            "line": "" if entry.kind in SAID else self._line(entry),
        }

    def _facts(self, entry: EntryView) -> Iterator[str]:
        """How it was said: on which channel, from or to where, and what became of it."""
        yield self._t("export.internal") if entry.kind == "note" else self._word("channel", entry.channel)
        if entry.endpoint is not None and entry.endpoint.kind not in SESSION_KINDS:
            way = "export.to" if entry.direction == "out" else "export.from"
            yield self._t(way, address=entry.endpoint.address)
        yield self._t("export.participant") if entry.author.kind == "participant" else ""
        yield self._t("export.automatic") if entry.automatic else ""
        if entry.delivery is not None:
            when = self._time(entry.delivery.next_try_at) if entry.delivery.next_try_at else ""
            yield self._words(f"delivery.{entry.delivery.state}", time=when)

    def _line(self, entry: EntryView) -> str:
        """What happened, in a line."""
        details = entry.details
        if entry.kind == "order":
            what = self._word("milestone", str(details.get("milestone", "")))
            return self._words("entry.order", number=str(details.get("number", "")), what=what)
        if entry.kind == "status":
            before, after = (self._word("status", str(details.get(key, ""))) for key in ("from", "to"))
            return self._words("entry.status", by=entry.author.name, **{"from": before, "to": after})
        if entry.kind == "assignment":
            return self._words("entry.assigned", by=entry.author.name, to=self._owner(details))
        return entry.text or self._word("kind", entry.kind)

    def _owner(self, details: dict[str, Any]) -> str:
        owner = self._names.get(("agent", details.get("to") or 0))
        return owner or self._names.get(("team", details.get("team") or 0)) or self._words("assign.nobody")

    def _word(self, section: str, name: str) -> str:
        """What the console calls it; its own name where the console has no word."""
        key = f"{section}.{name}"
        return self._words(key) if name and has_text(self._language, "console", key) else name

    def _time(self, text: str) -> str:
        at = datetime.fromisoformat(text)
        return f"{day_of(at, self._zone, self._t)}, {clock_of(at, self._zone)}"

    def _size(self, size: int) -> str:
        if size < 1_000_000:
            return self._words("size.kb", n=max(1, round(size / 1000)))
        return self._words("size.mb", size=f"{size / 1_000_000:.1f}")


routes = [Route("/conversations/{customer_id:int}/export", export, methods=["GET"])]
