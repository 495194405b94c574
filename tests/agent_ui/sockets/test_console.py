"""The console's socket: its first frames, what it refuses, who may stay, and who is seen there."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from agent_ui.slow_heads import server_options
from hub.clock import Clock
from hub.security import Actor
from hub.services import log
from hub.services.draft_body import DraftBody
from tests.agent_ui.sockets.conftest import Stage
from tests.parts.sockets import Json, Socket

TABLES = ("entries", "requests", "customers", "drafts", "deliveries", "canned", "answers")


async def stored(stage: Stage) -> dict[str, int]:
    """How much there is of everything that a call could have stored."""
    return {name: len(await stage.world.table(name)) for name in TABLES}


# --- hello ---


async def test_hello_is_answered_with_the_whole_state(stage: Stage, mara: Actor) -> None:
    mail = await stage.world.mail("Where is it?")

    _, first = await stage.console(mara, customer=mail.customer_id)

    snapshot = first["snapshot"]
    assert snapshot["me"] == mara.id
    assert [row["customer_id"] for row in snapshot["list"]["rows"]] == [mail.customer_id]
    assert [entry["text"] for entry in snapshot["conversation"]["entries"]] == ["Where is it?"]
    assert snapshot["counts"] | {"open": 1, "unassigned": 1} == snapshot["counts"]


async def test_nobody_is_looked_at_where_there_is_nobody(stage: Stage, mara: Actor) -> None:
    _, first = await stage.console(mara, customer=77)

    assert first["snapshot"]["conversation"] is None


async def test_who_comes_back_gets_exactly_what_was_missed(stage: Stage, mara: Actor) -> None:
    line, first = await stage.console(mara)
    await stage.world.mail("Before")
    await line.event("message.received")
    await line.line.close()
    for text in ("One", "Two", "Three"):
        await stage.world.mail(text)

    _, missed = await stage.console(mara, line.position)

    received = [event for event in missed["events"] if event["kind"] == "message.received"]
    assert [event["changes"]["entries"][0]["text"] for event in received] == ["One", "Two", "Three"]
    assert first["position"] != missed["position"]


async def test_who_missed_nothing_is_told_so(stage: Stage, mara: Actor) -> None:
    _, first = await stage.console(mara)

    _, missed = await stage.console(mara, first["position"])

    assert missed == {"events": [], "position": first["position"]}


@pytest.mark.parametrize(
    "position",
    ["999999", "nonsense", "-1", "", "5-6-7", "1-0-3", "9" * 30, "1\x00", "٣", "0.5", "1-2", "--"],
    ids=repr,
)
async def test_position_that_cannot_be_resumed_from_is_answered_with_a_snapshot(
    stage: Stage, mara: Actor, position: str
) -> None:
    await stage.world.mail("Hello")

    line, first = await stage.console(mara, position)

    if "over" in first:
        assert first["over"]["code"] == "bad_frame"
        return
    assert "snapshot" in first
    await stage.world.mail("And live from then on")
    await line.event("message.received")


async def test_position_that_the_log_no_longer_reaches_is_answered_with_a_snapshot(
    stage: Stage, mara: Actor, clock: Clock
) -> None:
    _, first = await stage.console(mara)
    await stage.world.mail("Old")
    clock.move_by(timedelta(hours=49))
    await stage.world.mail("New")
    while await stage.world.hub.log.forget_old():
        pass

    _, again = await stage.console(mara, first["position"])

    assert "snapshot" in again


async def test_who_missed_too_much_gets_a_snapshot(stage: Stage, mara: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_ui.sockets.console.MOST_MISSED", 3)
    monkeypatch.setattr(log, "BATCH", 2)
    _, first = await stage.console(mara)
    for i in range(3):
        await stage.world.mail(f"Mail {i}")

    _, again = await stage.console(mara, first["position"])

    assert "snapshot" in again


# --- what is refused ---

BAD_HELLOS: list[Any] = [
    "",
    "nonsense",
    "[]",
    "null",
    "{}",
    '{"hello"',
    '{"hello": 5}',
    '{"hello": {"position": 5}}',
    '{"hello": {"unknown": true}}',
    '{"hello": {"watch": {"view": "nowhere"}}}',
    '{"hello": {"watch": {"view": "mine:x"}}}',
    '{"hello": {"watch": {"view_floor": [1]}}}',
    '{"hello": {"watch": {"view_floor": "some"}}}',
    '{"hello": {"watch": {"view_floor": [99999999999999999999, 1]}}}',
    '{"hello": {"watch": {"customer": "one"}}}',
    '{"hello": {"watch": {"customer": 99999999999999999999}}}',
    '{"hello": {"watch": {"customer": 1, "entries_floor": ["yesterday", 1]}}}',
    '{"call": "k", "do": "list", "with": {"view": "open"}}',
    '{"tell": {"customer": 1}}',
    '{"hello": {}, "more": 1}',
    '{"hello": ' + "[" * 10_000 + "]" * 10_000 + "}",
    '{"hello": {"position": "\\u0000"}}',
    '{"hello": {"position": "\\ud800"}}',
    b"\x00\x01\x02",
    b'{"hello": {}}',
]


@pytest.mark.parametrize("said", BAD_HELLOS, ids=lambda said: repr(said)[:60])
async def test_what_is_no_hello_ends_the_line(stage: Stage, mara: Actor, said: Any) -> None:
    line = await stage.socket(await stage.cookie(mara))

    await line.say(said)

    assert await line.over() in {"bad_frame", "not_found"}


async def test_who_says_nothing_is_not_waited_for(stage: Stage, mara: Actor) -> None:
    stage.limit(hello_seconds=0.05)

    line = await stage.socket(await stage.cookie(mara))

    await line.closed()


BAD_FRAMES: list[Any] = [
    "nonsense",
    "5",
    "{}",
    '{"call": 5}',
    '{"call": ""}',
    '{"call": "' + "k" * 65 + '", "do": "list"}',
    '{"call": "k", "do": "list", "unknown": 1}',
    '{"hello": {}}',
    '{"tell": {"doing": "dancing"}}',
    '{"tell": {"customer": "everybody"}}',
    '{"tell": 5}',
    '{"call": "k\\u0000", "do": "list"}',
    '{"call": "k", "do": "note", "with": {"customer": 1, "text": "\\ud800"}}',
    b'{"call": "k", "do": "close"}',
]


@pytest.mark.parametrize("said", BAD_FRAMES, ids=lambda said: repr(said)[:60])
async def test_frame_that_cannot_be_read_ends_the_line_and_stores_nothing(stage: Stage, mara: Actor, said: Any) -> None:
    line, _ = await stage.console(mara)
    before = await stored(stage)

    await line.say(said)

    assert await line.over() == "bad_frame"
    assert await stored(stage) == before


async def test_frame_of_more_than_a_socket_takes_ends_the_line(stage: Stage, mara: Actor) -> None:
    line, _ = await stage.console(mara)
    text = "a" * server_options()["ws_max_size"]
    long = json.dumps({"call": "k", "do": "note", "with": {"customer": 1, "text": text}})

    await line.say(long)

    assert await line.closed() == 1009
    assert (await stored(stage))["entries"] == 0


async def test_frame_that_is_no_utf8_ends_the_line(stage: Stage, mara: Actor) -> None:
    line, _ = await stage.console(mara)

    await line.line.send(b'{"call": "\xff\xfe"}', text=True)

    assert await line.closed() == 1007


BAD_CALLS: list[tuple[str, Json, str]] = [
    ("dance", {}, "invalid"),
    ("", {}, "invalid"),
    ("list", {}, "invalid"),
    ("list", {"view": "nowhere"}, "not_found"),
    ("list", {"view": "open", "limit": 0}, "invalid"),
    ("list", {"view": "open", "limit": 10_000}, "invalid"),
    ("list", {"view": "open", "after": ["x", 1]}, "invalid"),
    ("list", {"view": "open", "surprise": 1}, "invalid"),
    ("open", {}, "no_such_customer"),
    ("open", {"customer": 77}, "no_such_customer"),
    ("open", {"entry": 77}, "no_such_customer"),
    ("open", {"customer": 1, "floor": ["yesterday", 1]}, "invalid"),
    ("entries", {"customer": 1, "before": ["yesterday", 1]}, "invalid"),
    ("entries", {"customer": 1, "before": [5, 1]}, "invalid"),
    ("note", {"customer": 1, "text": "a\u0000b"}, "invalid"),
    ("note", {"customer": 1, "text": 5}, "invalid"),
    ("note", {"customer": 77, "text": "Careful"}, "no_such_customer"),
    ("note", {"customer": 10**20, "text": "Careful"}, "invalid"),
    ("note", {"customer": -1, "text": "Careful"}, "no_such_customer"),
    ("reply", {"customer": 1, "base": {"one": 1}, "text": "Yes"}, "invalid"),
    ("reply", {"customer": 1, "base": {"1": 1}, "text": "Yes", "send_at": "soon"}, "invalid"),
    ("request", {"request": 1, "subject": "a" * 201}, "invalid"),
    ("request", {"request": 1, "priority": "now"}, "invalid"),
    ("status", {"request": 1, "status": "sleeping"}, "invalid"),
    ("snooze", {"request": 1, "until": "2001-01-01T00:00:00Z"}, "invalid"),
    ("assign", {"request": 77, "owner": None}, "no_such_request"),
    ("move", {"entry": 77, "request": 1}, "not_found"),
    ("draft", {"mode": "song", "text": "La", "customer": 1}, "invalid"),
    ("canned", {"gone": True}, "invalid"),
    ("canned", {"name": "", "text": "Hello"}, "invalid"),
    ("mark", {"customer": 1, "as": "friend"}, "invalid"),
    ("retry", {"delivery": 77}, "not_found"),
    ("forward", {"entry": 1, "to": "not an address"}, "bad_address"),
]


@pytest.mark.parametrize(("verb", "given", "code"), BAD_CALLS, ids=lambda part: repr(part)[:40])
async def test_call_that_makes_no_sense_is_refused_and_stores_nothing(
    stage: Stage, mara: Actor, verb: str, given: Json, code: str
) -> None:
    await stage.world.mail("Hello")
    line, _ = await stage.console(mara)
    before = await stored(stage)

    problem = await line.refused(verb, **given)

    assert problem["code"] == code, problem
    assert problem["title"]
    assert await stored(stage) == before
    assert await line.ok("close") == {}


# --- a key is answered once ---


async def test_same_key_gets_the_same_answer_and_does_nothing_twice(stage: Stage, mara: Actor) -> None:
    mail = await stage.world.mail("Hello")
    line, _ = await stage.console(mara)
    first = await line.ok("note", key="one", customer=mail.customer_id, text="Careful")

    again = await line.ok("note", key="one", customer=mail.customer_id, text="Careful")
    other, _ = await stage.console(mara)
    elsewhere = await other.ok("note", key="one", customer=mail.customer_id, text="Careful")

    assert first == again == elsewhere
    assert len(await stage.world.table("entries")) == 2


async def test_same_key_with_other_words_is_refused_on_another_line(stage: Stage, mara: Actor) -> None:
    mail = await stage.world.mail("Hello")
    line, _ = await stage.console(mara)
    await line.ok("note", key="one", customer=mail.customer_id, text="Careful")

    other, _ = await stage.console(mara)
    problem = await other.refused("note", key="one", customer=mail.customer_id, text="Careless")

    assert problem["status"] in {409, 422}


# --- who may be there ---


async def test_page_of_another_site_is_not_let_in(stage: Stage, mara: Actor) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await stage.socket(await stage.cookie(mara), Origin="https://evil.example")

    assert refused.value.response.status_code == 403


async def test_own_page_is_let_in(stage: Stage, mara: Actor) -> None:
    line = await stage.socket(await stage.cookie(mara), Origin=stage.url)

    assert "snapshot" in await line.hello()


@pytest.mark.parametrize("cookie", ["", "never given"])
async def test_nobody_without_a_session_is_let_in(stage: Stage, cookie: str) -> None:
    line = await stage.socket(cookie)

    assert await line.over() == "signed_out"


async def test_store_staff_are_not_let_in(stage: Stage) -> None:
    clerk = await stage.world.colleague("Till", "store")

    line = await stage.socket(await stage.cookie(clerk))

    assert await line.over() == "forbidden"


async def test_who_has_left_the_company_is_not_let_in(stage: Stage, mara: Actor, lea: Actor) -> None:
    cookie = await stage.cookie(mara)
    await stage.world.hub.agents.change(lea, mara.id, disabled=True)

    line = await stage.socket(cookie)

    assert await line.over() == "signed_out"


async def test_sign_out_closes_the_line_at_once(stage: Stage, mara: Actor) -> None:
    line, _ = await stage.console(mara)
    session = await stage.world.hub.sessions.session_of(stage.cookies[mara.id])

    async with asyncio.timeout(30):
        await stage.world.hub.sessions.sign_out(session)

        assert await line.over() == "signed_out"


async def test_other_sessions_of_a_colleague_stay_open_when_one_ends(stage: Stage, mara: Actor) -> None:
    stays, _ = await stage.console(mara)
    goes, _ = await stage.console(mara)

    await stage.world.hub.sessions.sign_out(await stage.world.hub.sessions.session_of(stage.cookies[mara.id]))

    assert await goes.over() == "signed_out"
    assert await stays.ok("close") == {}


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "store"}, {"role": "supervisor"}], ids=repr)
async def test_colleague_whose_rights_change_has_to_sign_in_again(
    stage: Stage, mara: Actor, lea: Actor, change: Json
) -> None:
    line, _ = await stage.console(mara)
    others, _ = await stage.console(lea)

    async with asyncio.timeout(30):
        await stage.world.hub.agents.change(lea, mara.id, **change)

        assert await line.over() == "signed_out"
    await others.event("agent.changed")


async def test_session_that_runs_out_ends_the_line(
    stage: Stage, mara: Actor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_ui.sockets.line.BEAT_S", 0.05)
    line, _ = await stage.console(mara)
    clock.move_by(timedelta(days=60))
    stage.world.hub.known_sessions.forget()

    assert await line.over() == "signed_out"


async def test_call_after_sign_out_is_refused(stage: Stage, mara: Actor) -> None:
    mail = await stage.world.mail("Hello")
    line, _ = await stage.console(mara)
    session = await stage.world.hub.sessions.session_of(stage.cookies[mara.id])
    await stage.world.hub.sessions.sign_out(session)

    await line.say({"call": "late", "do": "note", "with": {"customer": mail.customer_id, "text": "Late"}})

    await line.closed()
    assert not any("ok" in frame for frame in line.passed)
    assert (await stored(stage))["entries"] == 1


async def test_what_only_administrators_may_is_refused_to_others(stage: Stage, mara: Actor) -> None:
    line, _ = await stage.console(mara)

    problem = await line.refused("agent_invite", name="Theo", email="theo@shop.example", role="admin")

    assert problem["code"] == "forbidden"
    assert problem["role"] == "admin"


async def test_drafts_are_told_to_their_author_alone(stage: Stage, mara: Actor, lea: Actor) -> None:
    mail = await stage.world.mail("Hello")
    own, _ = await stage.console(mara)
    other, first = await stage.console(lea)

    saved = (await own.ok("draft", customer=mail.customer_id, mode="reply", text="Dear"))["draft"]
    told = await own.event("draft.saved")
    await stage.world.mail("The next")

    assert told["changes"]["drafts"] == [saved]
    assert "draft.saved" not in await other.kinds_until("message.received")
    _, missed = await stage.console(lea, first["position"])
    assert "draft.saved" not in [event["kind"] for event in missed["events"]]
    _, whole = await stage.console(lea)
    assert whole["snapshot"]["drafts"] == []


async def test_drafts_of_every_tab_are_kept_apart(stage: Stage, mara: Actor) -> None:
    for slot in ("one", "two"):
        await stage.world.hub.drafts.save(mara, "call", DraftBody(text=slot), None, slot)

    _, whole = await stage.console(mara)

    assert [draft["text"] for draft in whole["snapshot"]["drafts"]] == ["one", "two"]


# --- presence ---


async def presence(line: Socket, customer: int) -> Json:
    """The next that is told of who is at this customer."""
    while True:
        told: Json = (await line.frame("presence"))["presence"]
        if told["customer"] == customer:
            return told


async def test_colleagues_see_each_other_look_and_write(stage: Stage, mara: Actor, lea: Actor) -> None:
    own, _ = await stage.console(mara)
    other, _ = await stage.console(lea)

    for doing in ("reading", "reply", "note"):
        await own.say({"tell": {"customer": 7, "doing": doing}})
        told = await presence(other, 7)
        assert told == {"customer": 7, "agents": [{"id": mara.id, "doing": doing}], "visitor": None}

    await own.say({"tell": {"customer": None, "doing": "reading"}})
    assert (await presence(other, 7))["agents"] == []


async def test_who_comes_later_is_told_who_is_there(stage: Stage, mara: Actor, lea: Actor) -> None:
    own, _ = await stage.console(mara)
    await own.say({"tell": {"customer": 7, "doing": "reply"}})
    await presence(own, 7)

    other, _ = await stage.console(lea)

    assert (await presence(other, 7))["agents"] == [{"id": mara.id, "doing": "reply"}]


async def test_colleague_whose_line_is_gone_is_no_longer_there(stage: Stage, mara: Actor, lea: Actor) -> None:
    own, _ = await stage.console(mara)
    other, _ = await stage.console(lea)
    await own.say({"tell": {"customer": 7, "doing": "reply"}})
    await presence(other, 7)

    own.line.transport.abort()

    assert (await presence(other, 7))["agents"] == []


async def test_visitor_is_seen_to_come_to_type_and_to_go(stage: Stage, mara: Actor) -> None:
    line, _ = await stage.console(mara)
    widget, _ = await stage.widget(account="web")
    await widget.ok("send", text="Anybody?")

    first = (await line.frame("presence"))["presence"]
    assert first["visitor"] == {"online": True, "typing": False, "text": ""}
    await widget.say({"tell": {"typing": True, "text": "I would like"}})
    typing = (await line.frame("presence"))["presence"]
    assert typing["visitor"] == {"online": True, "typing": True, "text": "I would like"}
    await widget.say({"tell": {"away": True}})
    assert (await line.frame("presence"))["presence"] == {**first, "visitor": None}


async def test_beats_tell_nothing_that_is_known(stage: Stage, mara: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_ui.sockets.line.BEAT_S", 0.01)
    line, _ = await stage.console(mara)
    widget, _ = await stage.widget(account="web")
    await widget.ok("send", text="Anybody?")
    await line.frame("presence")
    await widget.say({"tell": {"away": True}})
    await line.frame("presence")

    for _ in range(10):
        await widget.frame("beat")
    await line.ok("close")

    assert not [frame for frame in line.passed if "presence" in frame]


# --- the end ---


async def test_restart_is_announced(stage: Stage, mara: Actor) -> None:
    line, _ = await stage.console(mara)
    widget, _ = await stage.widget(account="web")

    stage.app.state.stopping.set()

    assert await line.over() == "restarting"
    assert await widget.over() == "restarting"


async def test_hubs_clock_is_told(stage: Stage, mara: Actor, clock: Clock) -> None:
    clock.move_to(1_800_000_000_000)

    line, _ = await stage.console(mara)

    assert (await line.frame("beat"))["beat"].startswith("2027-01-15T08:00:0")
