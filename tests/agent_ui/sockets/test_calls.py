"""Every call of the console, made once as the console makes it, with the shape of its answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from agent_ui.sockets.calls import CALLS
from hub.clock import Clock, to_text
from hub.ports.channel import Received
from hub.ports.errors import Rejected
from hub.security import Actor
from tests.agent_ui.sockets.conftest import Stage
from tests.parts.sockets import Json, Socket


@dataclass
class Desk:
    """An administrator's console with a customer's mail on it."""

    stage: Stage
    clock: Clock
    actor: Actor
    line: Socket
    mail: Any

    @property
    def customer(self) -> int:
        return int(self.mail.customer_id)

    @property
    def request(self) -> int:
        return int(self.mail.request_id)

    async def base(self) -> Json:
        seen = await self.stage.world.base(self.customer)
        return {str(conversation): seq for conversation, seq in seen.items()}

    async def reply(self, text: str = "It is on its way.", **more: Any) -> Json:
        return await self.line.ok("reply", customer=self.customer, base=await self.base(), text=text, **more)

    async def failed(self) -> int:
        """A reply's delivery that has failed."""
        delivery = (await self.reply())["delivery"]["id"]
        self.stage.world.provider.failures.append(Rejected("No such mailbox"))
        self.clock.move_by(timedelta(minutes=1))
        await self.stage.world.deliver()
        return int(delivery)

    async def unreadable(self) -> int:
        """What stands for something that could not be read."""
        world = self.stage.world
        await world.hub.reader.offer(world.accounts["mail"].id, [Received(provider_id="broken", body=b"{")])
        await world.hub.reader.read_on()
        return int(max(row.id for row in await world.table("entries")))


@pytest.fixture(name="desk")
async def set_desk(stage: Stage, clock: Clock, lea: Actor) -> Desk:
    mail = await stage.world.mail("Where is it?", subject="Parcel")
    line, _ = await stage.console(lea, customer=mail.customer_id)
    return Desk(stage, clock, lea, line, mail)


Case = Callable[[Desk], Awaitable[Json]]
CASES: dict[str, tuple[set[str], Case]] = {}


def shows(*names: str) -> Callable[[Case], Case]:
    """Make a function the case of the call of its own name, whose answer holds exactly these."""

    def register(fn: Case) -> Case:
        CASES[fn.__name__.rstrip("_")] = set(names), fn
        return fn

    return register


@shows("view", "rows", "floor")
async def list_(desk: Desk) -> Json:
    page = await desk.line.ok("list", view="open")
    assert [row["id"] for row in page["rows"]] == [desk.request]
    mine = await desk.line.ok("list", view="mine")
    assert (mine["view"], mine["rows"]) == (f"mine:{desk.actor.id}", [])
    return page


@shows("customer", "entries", "floor", "requests", "orders", "position")
async def open_(desk: Desk) -> Json:
    ways = [{"customer": desk.customer}, {"request": desk.request}, {"entry": desk.mail.id}]
    ways.append({"conversation": desk.mail.conversation_id})
    opened = [await desk.line.ok("open", **way) for way in ways]
    assert {one["customer"]["id"] for one in opened} == {desk.customer}
    return opened[0]


@shows("entries", "floor")
async def entries(desk: Desk) -> Json:
    for i in range(4):
        await desk.stage.world.mail(f"Mail {i}")
    page = await desk.line.ok("open", customer=desk.customer)
    newest = page["entries"][-1]
    older = await desk.line.ok("entries", customer=desk.customer, before=[newest["shown_at"], newest["id"]], limit=2)
    assert [entry["text"] for entry in older["entries"]] == ["Mail 1", "Mail 2"]
    assert older["floor"] == [older["entries"][0]["shown_at"], older["entries"][0]["id"]]
    return older


@shows()
async def close(desk: Desk) -> Json:
    return await desk.line.ok("close")


@shows("groups", "next")
async def search(desk: Desk) -> Json:
    found = await desk.line.ok("search", q="parcel")
    assert [hit["id"] for hit in found["groups"]["requests"]] == [desk.request]
    return found


@shows("candidates")
async def callers(desk: Desk) -> Json:
    await desk.line.ok("call_note", phone="+49301234567", name="Cleo", text="Rang")
    found = await desk.line.ok("callers", q="+49 30 1234567")
    assert [one["name"] for one in found["candidates"]] == ["Cleo"]
    return found


@shows("entry", "delivery")
async def reply(desk: Desk) -> Json:
    sent = await desk.reply(resolve=True)
    assert sent["entry"]["text"] == "It is on its way."
    assert sent["delivery"]["state"] == "queued"
    assert (await desk.line.event("message.sent"))["changes"]["entries"][0]["id"] == sent["entry"]["id"]
    return sent


@shows("entry", "customer_id")
async def write_first(desk: Desk) -> Json:
    to = {"kind": "email", "address": "new@example.com"}
    sent = await desk.line.ok("write_first", to=to, account="mail", subject="Your wish", text="It is here.", name="Nia")
    assert sent["entry"]["endpoint"]["address"] == "new@example.com"
    assert sent["customer_id"] != desk.customer
    return sent


@shows("entry")
async def forward(desk: Desk) -> Json:
    sent = await desk.line.ok("forward", entry=desk.mail.id, to="repair@maker.example", text="Please look.")
    await desk.stage.world.deliver()
    [message] = desk.stage.world.provider.messages
    assert message.to.address == "repair@maker.example"
    return sent


@shows("entry")
async def note(desk: Desk) -> Json:
    noted = await desk.line.ok("note", customer=desk.customer, text="Careful", request=desk.request)
    assert (noted["entry"]["kind"], noted["entry"]["delivery"]) == ("note", None)
    return noted


@shows("entry", "customer_id")
async def call_note(desk: Desk) -> Json:
    due = to_text(desk.clock.now() + 3_600_000)
    noted = await desk.line.ok(
        "call_note", customer=desk.customer, text="Wants it on Friday", outcome="promised", promise="Ring", due_at=due
    )
    assert noted["entry"]["details"] == {"outcome": "promised", "promise": "Ring", "due_at": due}
    return noted


@shows("entry")
async def read_again(desk: Desk) -> Json:
    stand_in = await desk.unreadable()
    again = await desk.line.ok("read_again", entry=stand_in)
    assert (again["entry"]["id"], again["entry"]["unreadable"]) == (stand_in, True)
    assert (await desk.line.refused("read_again", entry=desk.mail.id))["code"] == "was_read"
    return again


@shows("delivery")
async def retry(desk: Desk) -> Json:
    delivery = await desk.failed()
    again = await desk.line.ok("retry", delivery=delivery)
    assert again["delivery"]["state"] == "queued"
    assert (await desk.line.refused("retry", delivery=delivery))["status"] == 409
    return again


@shows("delivery")
async def cancel(desk: Desk) -> Json:
    delivery = (await desk.reply())["delivery"]["id"]
    cancelled = await desk.line.ok("cancel", delivery=delivery)
    assert cancelled["delivery"]["state"] == "cancelled"
    assert (await desk.line.refused("cancel", delivery=delivery))["status"] == 409
    return cancelled


@shows("draft")
async def draft(desk: Desk) -> Json:
    saved = await desk.line.ok("draft", customer=desk.customer, mode="reply", text="Dear", base=await desk.base())
    assert await desk.line.ok("draft", customer=desk.customer, mode="reply", text="") == {"draft": None}
    return saved


@shows("request")
async def assign(desk: Desk) -> Json:
    team = (await desk.line.ok("team", name="Returns", agents=[]))["team"]["id"]
    await desk.line.ok("assign", request=desk.request, team=team)
    given = await desk.line.ok("assign", request=desk.request, owner=desk.actor.id)
    assert (given["request"]["owner_id"], given["request"]["team_id"]) == (desk.actor.id, team)
    taken = await desk.line.ok("assign", request=desk.request, owner=None)
    assert (taken["request"]["owner_id"], taken["request"]["team_id"]) == (None, team)
    return given


@shows("request")
async def status(desk: Desk) -> Json:
    solved = await desk.line.ok("status", request=desk.request, status="resolved")
    assert solved["request"]["resolved_at"] is not None
    opened = await desk.line.ok("status", request=desk.request, status="open")
    assert opened["request"]["resolved_at"] is None
    return solved


@shows("request")
async def snooze(desk: Desk) -> Json:
    until = to_text(desk.clock.now() + 60_000)
    asleep = await desk.line.ok("snooze", request=desk.request, until=until)
    assert asleep["request"]["snoozed_until"] == until
    assert [row["id"] for row in (await desk.line.ok("list", view="snoozed"))["rows"]] == [desk.request]
    desk.clock.move_by(timedelta(minutes=2))
    await desk.stage.world.hub.requests.wake_due()
    await desk.line.event("request.woken")
    await desk.line.ok("snooze", request=desk.request, until=to_text(desk.clock.now() + 60_000))
    awake = await desk.line.ok("snooze", request=desk.request, until=None)
    assert awake["request"]["snoozed_until"] is None
    return asleep


@shows("request")
async def request(desk: Desk) -> Json:
    changed = await desk.line.ok("request", request=desk.request, subject="Kettle", topic="delivery", priority="urgent")
    assert changed["request"]["subject"] == "Kettle"
    return changed


@shows("request")
async def open_request(desk: Desk) -> Json:
    opened = await desk.line.ok("open_request", customer=desk.customer, subject="Another matter", topic="warranty")
    assert opened["request"]["owner_id"] == desk.actor.id
    return opened


@shows("entry")
async def move(desk: Desk) -> Json:
    other = (await desk.line.ok("open_request", customer=desk.customer, subject="Another matter"))["request"]["id"]
    moved = await desk.line.ok("move", entry=desk.mail.id, request=other)
    assert moved["entry"]["request_id"] == other
    back = await desk.line.ok("move", entry=desk.mail.id, request=desk.request)
    assert back["entry"]["request_id"] == desk.request
    return moved


@shows("customer")
async def mark(desk: Desk) -> Json:
    marked = await desk.line.ok("mark", customer=desk.customer, **{"as": "spam"})
    assert marked["customer"]["kind"] == "spam"
    assert (await desk.line.ok("list", view="open"))["rows"] == []
    again = await desk.stage.world.mail("Buy!")
    assert again.customer_id == desk.customer
    assert (await desk.line.ok("list", view="open"))["rows"] == []
    await desk.line.ok("mark", customer=desk.customer, **{"as": "person"})
    assert len((await desk.line.ok("list", view="open"))["rows"]) >= 1
    return marked


@shows()
async def seen(desk: Desk) -> Json:
    answer = await desk.line.ok("seen", request=desk.request)
    [row] = (await desk.line.ok("list", view="open"))["rows"]
    assert row["unread"] is False
    return answer


@shows("agent")
async def away(desk: Desk) -> Json:
    gone = await desk.line.ok("away", away=True)
    assert gone["agent"]["away"] is True
    return gone


@shows("canned")
async def canned(desk: Desk) -> Json:
    saved = await desk.line.ok("canned", name="hello", text="Hello!", language="en")
    changed = await desk.line.ok("canned", id=saved["canned"]["id"], name="hello", text="Good day!")
    assert changed["canned"]["version"] > saved["canned"]["version"]
    assert await desk.line.ok("canned", id=saved["canned"]["id"], gone=True) == {"canned": None}
    _, fresh = await desk.stage.console(desk.actor)
    assert fresh["snapshot"]["canned"] == []
    return saved


@shows("agent", "link")
async def agent_invite(desk: Desk) -> Json:
    invited = await desk.line.ok("agent_invite", name="Theo", email="theo@shop.example", role="agent")
    secret = invited["link"].rsplit("/", 1)[1]
    assert (await desk.stage.world.hub.agents.invitation(secret)).email == "theo@shop.example"
    return invited


@shows("agent")
async def agent_change(desk: Desk) -> Json:
    theo = await desk.stage.world.colleague("Theo")
    changed = await desk.line.ok("agent_change", agent=theo.id, role="supervisor", disabled=True)
    assert (changed["agent"]["role"], changed["agent"]["disabled"]) == ("supervisor", True)
    return changed


@shows("team")
async def team(desk: Desk) -> Json:
    saved = await desk.line.ok("team", name="Returns", agents=[desk.actor.id])
    assert saved["team"]["agents"] == [desk.actor.id]
    assert await desk.line.ok("team", id=saved["team"]["id"], gone=True) == {"team": None}
    return saved


@shows(
    *("version", "up_s", "checks", "database", "database_bytes", "disk", "nodes"),
    *("accounts", "unread", "unsent", "failed", "failures"),
)
async def system(desk: Desk) -> Json:
    delivery = await desk.failed()
    seen = await desk.line.ok("system")
    assert [failure["delivery_id"] for failure in seen["failures"]] == [delivery]
    return seen


def test_every_call_is_made_here() -> None:
    assert set(CASES) == set(CALLS)


@pytest.mark.parametrize("verb", CASES)
async def test_call_does_what_it_says_and_answers_with_what_it_changed(desk: Desk, verb: str) -> None:
    names, case = CASES[verb]

    answer = await case(desk)

    assert set(answer) == names


async def test_stale_reply_is_refused_with_what_was_missed_and_goes_through_once_that_was_seen(desk: Desk) -> None:
    base = await desk.base()
    await desk.stage.world.mail("It has come!")
    wanted: Json = {"customer": desk.customer, "text": "We search for it."}

    problem = await desk.line.refused("reply", base=base, **wanted)

    assert problem["code"] == "stale"
    assert [entry["text"] for entry in problem["missed"]] == ["It has come!"]
    assert await desk.stage.world.table("deliveries") == []
    sent = await desk.line.ok("reply", base=await desk.base(), **wanted)
    assert sent["entry"]["text"] == "We search for it."


async def test_search_holds_no_events_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    searching, found = asyncio.Event(), asyncio.Event()

    async def slow(*_: Any) -> Json:
        searching.set()
        await found.wait()
        return {"groups": {}, "next": None}

    monkeypatch.setattr(desk.stage.world.hub.search, "find", slow)
    await desk.line.say({"call": "s", "do": "search", "with": {"q": "kettle"}})
    await searching.wait()

    await desk.stage.world.mail("Meanwhile")

    await desk.line.event("message.received")
    found.set()
    assert (await desk.line.frame("answer"))["answer"] == "s"


async def test_answer_is_never_older_than_what_was_told_before_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, told = asyncio.Event(), asyncio.Event()
    view = desk.stage.world.hub.db.view

    async def slow(fn: Any, *given: Any) -> Any:
        result = await view(fn, *given)
        if fn.__name__ == "_open":
            reading.set()
            await told.wait()
        return result

    monkeypatch.setattr(desk.stage.world.hub.db, "view", slow)
    await desk.line.say({"call": "o", "do": "open", "with": {"customer": desk.customer}})
    await reading.wait()
    await desk.stage.world.mail("Meanwhile")
    other, _ = await desk.stage.console(desk.actor)
    await desk.stage.world.mail("And more")
    await other.event("message.received")
    told.set()

    first = await desk.line.frame("answer", "events")

    assert "answer" in first
    received = await desk.line.event("message.received")
    assert received["changes"]["entries"][0]["text"] == "Meanwhile"
