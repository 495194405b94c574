"""Numbers from strangers, in every place of every call and frame that takes one: refused, and nothing is stored."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from agent_ui.sockets.widget import CALLS as WIDGET_CALLS
from hub.security import Actor
from tests.agent_ui.sockets.conftest import Stage
from tests.agent_ui.sockets.test_calls import CASES, Desk, set_desk
from tests.parts.sockets import Json, Socket

__all__ = ["set_desk"]

# No number at all, or none that every one of our programs can count with.
NEVER = ("9223372036854775808", "-9223372036854775809", "9" * 400, "9007199254740992", "1e400", "1.5", "true")
# Numbers that may mean something in one place and nothing in another.
PERHAPS = ("0", "-1", "-9007199254740991", "9007199254740991")
TABLES = ("entries", "requests", "deliveries", "drafts", "endpoints", "canned", "teams")
MARK = "<here>"


async def stored(stage: Stage) -> dict[str, int]:
    return {name: len(await stage.world.table(name)) for name in TABLES}


def places(given: Any) -> Iterator[Any]:
    """The same, once for each number in it, with a mark where that number stood."""
    if isinstance(given, dict):
        for name, value in given.items():
            yield from ({**given, name: marked} for marked in places(value))
    elif isinstance(given, list):
        for i, value in enumerate(given):
            yield from ([*given[:i], marked, *given[i + 1 :]] for marked in places(value))
    elif isinstance(given, int) and not isinstance(given, bool):
        yield MARK


async def answer(line: Socket, key: str, verb: str, given: Json, number: str) -> Json:
    frame = json.dumps({"call": key, "do": verb, "with": given})
    await line.say(frame.replace(f'"{MARK}"', number))
    return await line.frame("answer", "over")


@pytest.fixture(name="calls")
def record_calls(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Json]]:
    """Every call that the desk makes."""
    calls: list[tuple[str, Json]] = []
    call = desk.line.call

    async def recorded(verb: str, *, key: str = "", **given: Any) -> Json:
        calls.append((verb, given))
        return await call(verb, key=key, **given)

    monkeypatch.setattr(desk.line, "call", recorded)
    return calls


@pytest.mark.parametrize("verb", CASES)
async def test_call_of_a_console_takes_no_number_that_is_none(
    desk: Desk, calls: list[tuple[str, Json]], verb: str
) -> None:
    await CASES[verb][1](desk)
    before = await stored(desk.stage)
    made = [whole for name, whole in calls if name == verb]
    assert made

    for i, given in enumerate(place for whole in made for place in places(whole)):
        for number in NEVER:
            told = await answer(desk.line, f"{i} {number[:30]}", verb, given, number)
            assert 400 <= told["error"]["status"] < 500, (given, number, told)
        assert await stored(desk.stage) == before
        for number in PERHAPS:
            told = await answer(desk.line, f"{i} {number}", verb, given, number)
            assert "ok" in told or told["error"]["status"] < 500, (given, number, told)


@pytest.mark.parametrize("number", [*NEVER, *PERHAPS], ids=lambda number: number[:20])
async def test_call_of_a_widget_takes_no_number_for_a_text(stage: Stage, number: str) -> None:
    line, _ = await stage.widget()
    before = await stored(stage)
    given: list[tuple[str, Json]] = [
        *((verb, {name: MARK}) for verb, shape in WIDGET_CALLS.items() for name in shape.__struct_fields__),
        ("send", {"text": "Here", "attachments": [MARK]}),
    ]

    for i, (verb, with_mark) in enumerate(given):
        told = await answer(line, f"{i}", verb, with_mark, number)
        assert told["error"]["status"] == 422, (verb, with_mark, told)

    assert await stored(stage) == before


@pytest.mark.parametrize("file", ["0", "-1", "1.5", "1e3", "9" * 16, "9" * 400, "٣", "NaN", "", "1\n"])
async def test_file_that_is_none_is_not_sent(stage: Stage, file: str) -> None:
    line, _ = await stage.widget()

    problem = await line.refused("send", text="Here", attachments=[file])

    assert 400 <= problem["status"] < 500
    assert await stage.world.table("entries") == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "0x10", "01", "1e", "--1"])
@pytest.mark.parametrize("path", ["/console/socket", "/widget/socket"])
async def test_what_is_no_number_in_json_ends_the_line(stage: Stage, mara: Actor, path: str, number: str) -> None:
    line = await stage.socket(await stage.cookie(mara), path)
    await line.hello()
    before = await stored(stage)

    await line.say(f'{{"call": "k", "do": "send", "with": {{"text": {number}}}}}')

    assert await line.over() == "bad_frame"
    assert await stored(stage) == before


@pytest.mark.parametrize("number", NEVER, ids=lambda number: number[:20])
@pytest.mark.parametrize(
    "news", ['{"customer": %s}', '{"doing": %s}', '{"got": %s}', '{"text": %s}'], ids=lambda news: news[2:8]
)
async def test_news_with_a_number_that_is_none_ends_the_line(stage: Stage, mara: Actor, news: str, number: str) -> None:
    path = "/widget/socket" if "got" in news or "text" in news else "/console/socket"
    line = await stage.socket(await stage.cookie(mara), path)
    await line.hello()

    await line.say(f'{{"tell": {news % number}}}')

    assert await line.over() == "bad_frame"
