"""Who may open a socket, and how those who come at once take turns."""

import asyncio

import pytest
from websockets.exceptions import InvalidStatus

from agent_ui.sockets.arrivals import Arrivals, Turns
from hub.bounds import Overloaded
from hub.limits import Limits
from hub.security import Actor
from tests.agent_ui.pages.conftest import until
from tests.agent_ui.sockets.conftest import Stage
from tests.parts.sockets import Socket


async def over(line: Socket) -> tuple[str, bool, bool]:
    """Why a line ended, whether to come again, and whether a time for that was said."""
    said = (await line.frame("over"))["over"]
    return said["code"], said["again"], said.get("after", 0) > 0


async def refusal(stage: Stage, address: str = "") -> tuple[int, bool]:
    """How a socket is refused before it opens, and whether it is told when to come again."""
    headers = {"X_Forwarded_For": address} if address else {}
    with pytest.raises(InvalidStatus) as refused:
        await stage.socket(path="/widget/socket", **headers)
    response = refused.value.response
    return response.status_code, int(response.headers["retry-after"]) > 0


async def until_open(stage: Stage, count: int) -> None:
    async def are_open() -> bool:
        return bool(stage.app.state.arrivals.open == count)

    await until(are_open)


async def test_more_sockets_than_the_hub_keeps_are_refused_until_one_has_gone(stage: Stage, mara: Actor) -> None:
    stage.limit(sockets=2)
    first = await stage.socket(path="/widget/socket")
    await stage.socket(path="/widget/socket")

    assert await refusal(stage) == (503, True)

    await first.line.close()
    await until_open(stage, 1)
    _, frame = await stage.console(mara)
    assert "snapshot" in frame


async def test_one_address_has_its_share_of_sockets(stage: Stage) -> None:
    stage.limit(sockets_per_address=1)
    await stage.socket(path="/widget/socket", X_Forwarded_For="203.0.113.7")

    assert await refusal(stage, "203.0.113.7") == (429, True)
    await stage.socket(path="/widget/socket", X_Forwarded_For="203.0.113.8")


async def test_a_colleague_and_a_visitor_have_their_shares_too(stage: Stage, mara: Actor, lea: Actor) -> None:
    stage.limit(sockets_per_agent=1, sockets_per_visitor=1)
    await stage.console(mara)
    _, snapshot = await stage.widget()

    console = await stage.socket(await stage.cookie(mara))
    await console.say({"hello": {}})
    widget = await stage.socket(path="/widget/socket")
    await widget.say({"hello": {"token": snapshot["token"]}})

    assert await over(console) == ("too_many", True, True)
    assert await over(widget) == ("too_many", True, True)
    assert "snapshot" in (await stage.console(lea))[1]
    assert "token" in (await stage.widget())[1]


async def test_a_share_is_free_again_when_its_socket_has_gone(stage: Stage, mara: Actor) -> None:
    stage.limit(sockets_per_agent=1)
    first, _ = await stage.console(mara)
    await first.line.close()
    await until_open(stage, 0)

    assert "snapshot" in (await stage.console(mara))[1]


async def test_hellos_take_turns_and_too_many_are_told_to_come_again() -> None:
    turns = Turns(Limits(hellos=1, hellos_waiting=1))
    seen: list[str] = []
    leave = asyncio.Event()

    async def comes(name: str) -> None:
        async with turns.one():
            seen.append(name)
            await leave.wait()

    first = asyncio.create_task(comes("first"))
    second = asyncio.create_task(comes("second"))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await comes("third")
    assert seen == ["first"]

    leave.set()
    await asyncio.gather(first, second)
    assert seen == ["first", "second"]


def test_those_who_are_sent_away_come_back_one_by_one() -> None:
    arrivals = Arrivals(Limits(returns_per_second=10))
    for _ in range(100):
        arrivals.take("")

    times = [arrivals.return_after() for _ in range(1_000)]

    assert 0 <= min(times) < 1
    assert 9 < max(times) <= 10


async def test_who_is_told_that_the_hub_restarts_is_told_when_to_come(stage: Stage, mara: Actor) -> None:
    stage.limit(returns_per_second=1)
    line, _ = await stage.console(mara)
    stage.app.state.stopping.set()

    said = (await line.frame("over"))["over"]

    assert (said["code"], said["again"]) == ("restarting", True)
    assert 0 <= said.get("after", 0) <= 1
