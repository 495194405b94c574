"""The widget's socket: whose chat a browser opens, what a visitor may see of it, and what becomes of our answers."""

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.exceptions import InvalidStatus

from hub.clock import Clock
from hub.security import Actor
from hub.throttle import Throttle
from tests.agent_ui.pages.conftest import until
from tests.agent_ui.sockets.conftest import Stage
from tests.parts.sockets import Json, Socket

SECRET = "a secret of the shop's that is long enough"
ANNA = "anna@example.com"


async def chat(stage: Stage, *texts: str, **said: Any) -> tuple[Socket, Json]:
    """A visitor who has written."""
    line, snapshot = await stage.widget(**said)
    for text in texts:
        await line.ok("send", text=text)
    return line, snapshot


async def texts(stage: Stage, token: str) -> list[str]:
    """What the browser with this token is shown."""
    _, snapshot = await stage.widget(token=token)
    return [message["text"] for message in snapshot["messages"]]


async def customer_of(stage: Stage, text: str) -> int:
    rows = await stage.world.table("entries")
    [entry] = [row for row in rows if row.text == text]
    return int((await stage.world.entry(entry.id)).customer_id)


async def message(line: Socket, text: str) -> Json:
    """The next news of a message with this text."""
    while True:
        for event in (await line.frame("events"))["events"]:
            for one in event["changes"]["messages"]:
                if one["text"] == text:
                    found: Json = one
                    return found


# --- a browser and its chat ---


async def test_token_opens_the_same_chat_after_a_reload(stage: Stage) -> None:
    line, snapshot = await chat(stage, "Hello", "Anybody?")
    await line.line.close()

    again, told = await stage.widget(token=snapshot["token"])

    assert told["token"] == snapshot["token"]
    assert [one["text"] for one in told["messages"]] == ["Hello", "Anybody?"]
    assert (await again.ok("send", text="Still me"))["message"]["from"] == "visitor"
    assert len(await stage.world.table("customers")) == 1


@pytest.mark.parametrize("token", ["never given", "x" * 500, "\u202e"])
async def test_token_that_opens_nothing_begins_a_new_chat(stage: Stage, token: str) -> None:
    await chat(stage, "Not yours")

    _, told = await stage.widget(token=token)

    assert told["messages"] == []
    assert told["token"] != token


async def test_token_of_another_shops_chat_opens_nothing_here(stage: Stage) -> None:
    await stage.world.hub.accounts.save("second", "webchat", {})
    _, snapshot = await chat(stage, "At the first shop")

    _, told = await stage.widget(account="second", token=snapshot["token"])

    assert told["messages"] == []
    assert told["token"] != snapshot["token"]


async def test_two_tabs_show_the_same(stage: Stage) -> None:
    one, snapshot = await chat(stage, "Hello")
    other, _ = await stage.widget(token=snapshot["token"])

    sent = (await one.ok("send", text="From the first tab"))["message"]

    assert (await message(other, "From the first tab"))["id"] == sent["id"]


async def test_first_message_shows_in_the_other_tab(stage: Stage) -> None:
    one, snapshot = await stage.widget()
    other, _ = await stage.widget(token=snapshot["token"])

    sent = (await one.ok("send", text="Hello"))["message"]

    assert await message(other, "Hello") == sent


async def test_tab_of_a_chat_that_was_left_in_another_is_told_so(stage: Stage) -> None:
    one, snapshot = await chat(stage, "Hello")
    other, _ = await stage.widget(token=snapshot["token"])
    stranger, _ = await chat(stage, "Me too")

    await one.ok("leave")
    await stage.world.reply(
        await stage.world.colleague("Mara Lind", "agent"), await customer_of(stage, "Hello"), "Still there?"
    )

    assert await other.over() == "no_such_visitor"
    assert (await stranger.ok("send", text="Still here"))["message"]["text"] == "Still here"


async def test_same_key_is_one_message_also_after_a_reload(stage: Stage) -> None:
    line, snapshot = await stage.widget()
    first = await line.ok("send", key="k1", text="Once")
    assert await line.ok("send", key="k1", text="Once") == first

    again, _ = await stage.widget(token=snapshot["token"])
    third = await again.ok("send", key="k1", text="Once")

    assert third["message"]["id"] == first["message"]["id"]
    assert first["message"]["key"] == "k1"
    assert len(await stage.world.table("entries")) == 1


async def test_leaving_forgets_the_chat_in_this_browser_and_keeps_it_with_us(stage: Stage) -> None:
    line, snapshot = await chat(stage, "Forget me")

    assert await line.ok("leave") == {}

    assert await texts(stage, snapshot["token"]) == []
    assert len(await stage.world.table("entries")) == 1
    assert (await line.refused("send", text="Am I still here?"))["code"] == "no_such_visitor"


async def test_earlier_messages_are_asked_for_by_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.services.visitor_screen.PAGE", 3)
    _, snapshot = await chat(stage, *(f"Message {i}" for i in range(5)))

    line, told = await stage.widget(token=snapshot["token"])
    older = await line.ok("more", before=told["messages"][0]["id"])

    assert ([one["text"] for one in told["messages"]], told["more"]) == (["Message 2", "Message 3", "Message 4"], True)
    assert ([one["text"] for one in older["messages"]], older["more"]) == (["Message 0", "Message 1"], False)


async def test_unknown_account_and_one_without_a_chat_are_refused_alike(stage: Stage) -> None:
    said = []
    for account in ("nowhere", "mail"):
        line = await stage.socket(path="/widget/socket")
        said.append(await line.hello(account=account))

    assert said[0] == said[1]
    assert said[0]["over"] | {"text": ""} == {"code": "no_such_account", "text": "", "again": False}


async def test_who_names_no_account_gets_the_one_that_is_there_from_the_start(stage: Stage) -> None:
    for named in ({}, {"account": ""}):
        line = await stage.socket(path="/widget/socket")
        said = await line.hello(**named)

        assert said["snapshot"]["account"]["name"] == "web"


# --- what a visitor sees ---


async def test_visitor_sees_what_was_said_in_their_own_session_and_nothing_else(stage: Stage, mara: Actor) -> None:
    line, snapshot = await chat(stage, "Where is it?")
    customer = await customer_of(stage, "Where is it?")
    await stage.world.hub.replies.note(mara, customer, "Careful, angry", None, "n")
    await chat(stage, "Another visitor's words")
    await stage.world.mail("By mail", ANNA)
    answer = await stage.world.reply(mara, customer, "On its way.")

    told = await message(line, "On its way.")
    shown = json.dumps([snapshot, told, (await stage.widget(token=snapshot["token"]))[1], line.passed])

    assert told["author"] == "Mara"
    for hidden in ("Lind", "Careful", "Another visitor", "By mail", '"seq"', "agent_id", "request_id"):
        assert hidden not in shown
    assert told["id"] != str(answer.id)
    assert set(told) == {"id", "version", "at", "from", "author", "text", "attachments", "state", "key"}


async def test_visitor_cannot_ask_for_others_messages(stage: Stage) -> None:
    other, _ = await chat(stage, "Mine alone")
    theirs = (await other.ok("send", text="And this"))["message"]["id"]
    line, _ = await chat(stage, "Mine")

    window = await line.ok("more", before=theirs)
    assert "Mine alone" not in json.dumps(window)
    for guess in ("1", "0", "-1", "nonsense", "9" * 30):
        answer = await line.call("more", before=guess)
        assert "Mine alone" not in json.dumps(answer)


async def test_address_known_or_not_is_answered_the_same(stage: Stage) -> None:
    await stage.world.mail("I am known", ANNA, name="Anna Berg")
    seen = []
    for address in (ANNA, "unknown@example.com"):
        line, snapshot = await chat(stage, "Hello")
        answer = await line.ok("email", email=address)
        seen.append((set(answer["me"]), answer["me"]["name"], answer["me"]["identified"]))
        assert await texts(stage, snapshot["token"]) == ["Hello"]

    assert seen[0] == seen[1]
    assert (await stage.world.screen(1)).customer.name == "Anna Berg"


# --- who the shop says it is ---

Claims = dict[str, Any]


def claims(clock: Clock, **changes: Any) -> Claims:
    now = clock.now() // 1000
    known = {"aud": "web", "sub": "C-7", "email": ANNA, "email_verified": True, "name": "Anna Berg"}
    return known | {"iat": now, "exp": now + 600} | changes


@pytest.fixture(name="shop")
async def sign_in_shop(stage: Stage) -> Stage:
    await stage.world.hub.accounts.save("web", "webchat", {"identity_secret": SECRET})
    await stage.world.mail("By mail", ANNA, name="Anna")
    return stage


def signed(said: Claims) -> str:
    return jwt.encode(said, SECRET, algorithm="HS256")


async def test_shops_word_makes_the_visitor_the_known_customer(shop: Stage, clock: Clock) -> None:
    line, snapshot = await shop.widget(identity=signed(claims(clock)))
    await line.ok("send", text="Signed in")

    assert snapshot["me"]["identified"] is True
    assert await customer_of(shop, "Signed in") == await customer_of(shop, "By mail")
    assert await texts(shop, snapshot["token"]) == ["Signed in"]


async def test_what_was_written_before_signing_in_joins_and_the_token_changes(shop: Stage, clock: Clock) -> None:
    _, before = await chat(shop, "Not signed in yet")

    _, after = await shop.widget(token=before["token"], identity=signed(claims(clock)))

    assert after["token"] != before["token"]
    assert await texts(shop, before["token"]) == []
    assert await customer_of(shop, "Not signed in yet") == await customer_of(shop, "By mail")


async def test_shop_may_sign_with_a_key_of_its_own(stage: Stage, clock: Clock) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    await stage.world.hub.accounts.save("web", "webchat", {"identity_key": public.decode()})

    _, snapshot = await stage.widget(identity=jwt.encode(claims(clock), key, algorithm="EdDSA"))

    assert snapshot["me"]["identified"] is True
    line = await stage.socket(path="/widget/socket")
    assert (await line.hello(identity=signed(claims(clock))))["over"]["code"] == "bad_identity"


BAD: dict[str, Callable[[Clock], str]] = {
    "another audience": lambda clock: signed(claims(clock, aud="elsewhere")),
    "no audience": lambda clock: signed({k: v for k, v in claims(clock).items() if k != "aud"}),
    "expired": lambda clock: signed(claims(clock, iat=clock.now() // 1000 - 700, exp=clock.now() // 1000 - 1)),
    "for more than an hour": lambda clock: signed(claims(clock, exp=clock.now() // 1000 + 3601)),
    "from the future": lambda clock: signed(
        claims(clock, iat=clock.now() // 1000 + 900, exp=clock.now() // 1000 + 950)
    ),
    "not valid yet": lambda clock: signed(claims(clock, nbf=clock.now() // 1000 + 400)),
    "valid from no time": lambda clock: signed(claims(clock, nbf="soon")),
    "without an end": lambda clock: signed({k: v for k, v in claims(clock).items() if k != "exp"}),
    "of nobody": lambda clock: signed(claims(clock, sub=" ")),
    "signed by nobody": lambda clock: jwt.encode(claims(clock), "", algorithm="none"),
    "signed by a stranger": lambda clock: jwt.encode(claims(clock), "x" * 40, algorithm="HS256"),
    "another algorithm": lambda clock: jwt.encode(claims(clock), SECRET + SECRET, algorithm="HS512"),
    "nonsense": lambda clock: "not.a.token",
}


@pytest.mark.parametrize("bad", BAD)
async def test_word_that_does_not_hold_is_refused(shop: Stage, clock: Clock, bad: str) -> None:
    line = await shop.socket(path="/widget/socket")

    said = await line.hello(identity=BAD[bad](clock))

    assert said["over"]["code"] == "bad_identity"
    await line.closed()


async def test_address_that_the_shop_has_not_verified_proves_nothing(shop: Stage, clock: Clock) -> None:
    line, snapshot = await shop.widget(identity=signed(claims(clock, email_verified=False)))
    await line.ok("send", text="So I say")

    assert snapshot["me"]["identified"] is True
    assert await customer_of(shop, "So I say") != await customer_of(shop, "By mail")


async def test_another_person_at_the_same_browser_begins_a_new_chat(shop: Stage, clock: Clock) -> None:
    line, first = await shop.widget(identity=signed(claims(clock)))
    await line.ok("send", text="Anna's words")

    other = signed(claims(clock, sub="C-8", email="ben@example.com", name="Ben"))
    _, second = await shop.widget(token=first["token"], identity=other)

    assert second["messages"] == []
    assert second["token"] != first["token"]
    assert await texts(shop, first["token"]) == ["Anna's words"]


# --- what becomes of our answers ---


async def test_answer_counts_as_delivered_when_the_browser_says_so_and_as_read_when_seen(
    stage: Stage, mara: Actor
) -> None:
    line, _ = await chat(stage, "Hello")
    answer = await stage.world.reply(mara, await customer_of(stage, "Hello"), "Hello to you")
    told = await message(line, "Hello to you")
    assert (await stage.world.entry(answer.id)).delivery.state == "sent"

    async def state(wanted: str) -> None:
        async def is_there() -> bool:
            return bool((await stage.world.entry(answer.id)).delivery.state == wanted)

        await until(is_there)

    await line.say({"tell": {"got": told["id"]}})
    await state("delivered")
    assert await line.ok("seen", up_to=told["id"]) == {}
    await state("read")


async def test_visitor_learns_that_a_colleague_has_read_and_writes(stage: Stage, mara: Actor) -> None:
    line, _ = await stage.widget()
    sent = (await line.ok("send", text="Hello"))["message"]
    assert sent["state"] == "delivered"
    console, _ = await stage.console(mara)
    customer = await customer_of(stage, "Hello")

    await console.say({"tell": {"customer": customer, "doing": "reply"}})
    assert (await line.frame("presence"))["presence"] == {"typing": "Mara"}
    await console.ok("seen", request=(await stage.world.table("requests"))[0].id)
    assert (await message(line, "Hello"))["state"] == "read"


# --- what is refused ---


@pytest.mark.parametrize(
    ("verb", "given", "code"),
    [
        ("send", {"text": " "}, "invalid"),
        ("send", {"text": "a" * 10_001}, "invalid"),
        ("send", {"text": "a\u0000"}, "invalid"),
        ("send", {"text": 5}, "invalid"),
        ("send", {"text": "Hello", "note": True}, "invalid"),
        ("email", {"email": "no address"}, "bad_address"),
        ("email", {"email": "a@b.example", "name": "n" * 101}, "invalid"),
        ("dance", {}, "invalid"),
        ("serve", {}, "invalid"),
        ("more", {}, "invalid"),
    ],
    ids=lambda part: repr(part)[:30],
)
async def test_call_that_makes_no_sense_is_refused_and_stores_nothing(
    stage: Stage, verb: str, given: Json, code: str
) -> None:
    line, _ = await stage.widget()

    problem = await line.refused(verb, **given)

    assert problem["code"] == code, problem
    assert await stage.world.table("entries") == []
    assert (await line.ok("send", text="Fine"))["message"]["text"] == "Fine"


@pytest.mark.parametrize(
    "said", ["nonsense", "{}", '{"hello": {"page": 5}}', '{"tell": {"typing": true}}', b"\x00"], ids=repr
)
async def test_what_is_no_hello_ends_the_line(stage: Stage, said: Any) -> None:
    line = await stage.socket(path="/widget/socket")

    await line.say(said)

    assert await line.over() == "bad_frame"


async def test_who_writes_too_much_has_to_wait(stage: Stage) -> None:
    stage.app.state.widgets.messages = Throttle(3, 60)
    line, _ = await chat(stage, "One", "Two", "Three")

    problem = await line.refused("send", text="Four")

    assert problem["status"] == 429
    assert problem["retry_after"] > 0


async def test_refused_message_goes_through_later_under_the_same_key(stage: Stage) -> None:
    stage.app.state.widgets.messages = Throttle(1, 60)
    line, _ = await chat(stage, "One")
    assert (await line.call("send", key="k2", text="Two"))["error"]["status"] == 429

    stage.app.state.widgets.messages = Throttle(1, 60)

    assert (await line.ok("send", key="k2", text="Two"))["message"]["key"] == "k2"
    assert [entry.text for entry in await stage.world.table("entries")] == ["One", "Two"]


@pytest.mark.parametrize(("verb", "given"), [("more", {"before": ""}), ("seen", {"up_to": ""})])
async def test_who_asks_too_much_has_to_wait_and_stays_connected(stage: Stage, verb: str, given: Json) -> None:
    line, _ = await stage.widget()
    sent = (await line.ok("send", text="Hello"))["message"]
    given = dict.fromkeys(given, sent["id"])
    stage.app.state.widgets.calls = Throttle(2, 60)
    await line.ok(verb, **given)
    await line.ok(verb, **given)

    problem = await line.refused(verb, **given)

    assert (problem["status"], problem["code"]) == (429, "too_many")
    stage.app.state.widgets.calls = Throttle(2, 60)
    await line.ok(verb, **given)


async def test_who_tells_on_and_on_is_not_heard_for_a_while_and_stays_connected(stage: Stage, mara: Actor) -> None:
    stage.app.state.widgets.tells = Throttle(2, 60)
    console, _ = await stage.console(mara)
    line, _ = await chat(stage, "Hello")

    for i in range(200):
        await line.say({"tell": {"typing": True, "text": f"{i}"}})
    await line.ok("send", text="There")

    shown = await texts_typed(console, stage)
    assert shown == ["", "0", "1"]


async def texts_typed(console: Socket, stage: Stage) -> list[str]:
    """All that a console was told that visitors typed, until now."""
    await console.ok("close")
    return [frame["presence"]["visitor"]["text"] for frame in console.passed if "presence" in frame]


async def test_one_address_does_not_make_visitors_without_end(stage: Stage) -> None:
    stage.app.state.widgets.visitors = Throttle(2, 60)

    async def comes(address: str, **said: Any) -> Json:
        line = await stage.socket(path="/widget/socket", X_Forwarded_For=address)
        return await line.hello(**said)

    first = await comes("203.0.113.7")
    await comes("203.0.113.7")

    over = (await comes("203.0.113.7"))["over"]
    assert over["code"] == "too_many"
    assert over["again"]
    assert over["after"] > 0
    token = first["snapshot"]["token"]
    assert (await comes("203.0.113.7", token=token))["snapshot"]["token"] == token
    assert "snapshot" in await comes("203.0.113.8")
    # Of this machine it may be a proxy of which the hub was not told, and behind it anybody.
    for _ in range(4):
        await stage.widget()


async def test_page_of_another_site_cannot_speak_for_a_visitor(stage: Stage) -> None:
    with pytest.raises(InvalidStatus):
        await stage.socket(path="/widget/socket", Origin="https://evil.example")


async def test_visitor_counts_as_gone_only_after_a_moment(
    stage: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_ui.sockets.widget.GRACE_S", 0.05)
    line, _ = await chat(stage, "Hello")

    async def left_at() -> Any:
        [endpoint] = await stage.world.table("endpoints")
        return endpoint.left_at

    assert await left_at() is None
    await line.line.close()
    assert await until(left_at)
