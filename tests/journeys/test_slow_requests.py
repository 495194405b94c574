"""A thousand requests that are sent or read too slowly are cut within 30 seconds, and the rest is served meanwhile."""

import asyncio
import time
from urllib.parse import urlsplit

import pytest

from bench.figures import percentile
from bench.load.http import HttpLine, request
from tests.parts.command_line import RunningHub, running_hub
from tests.parts.prepared import Prepared

HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-"
HALF_A_BODY = (
    b"POST /forms/web HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail="
)
DRIPPING = b"POST /hooks/api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
SILENCE = b""
WITHIN_S = 30


async def test_slow_requests_are_cut_and_others_served(made: Prepared) -> None:
    brief = {"ONETHREAD_LIMIT_HEAD_SECONDS": "1", "ONETHREAD_LIMIT_BODY_SECONDS": "1"}

    with running_hub(made.folder, variables=brief) as hub:
        await cut_while_others_are_served(hub, made.token, each=40)


@pytest.mark.faults
async def test_a_thousand_slow_requests_are_cut_within_thirty_seconds(made: Prepared) -> None:
    with running_hub(made.folder) as hub:
        await cut_while_others_are_served(hub, made.token, each=250)


async def cut_while_others_are_served(hub: RunningHub, token: str, each: int) -> None:
    ways = (HALF_A_HEAD, HALF_A_BODY, DRIPPING, SILENCE)
    slow = [asyncio.create_task(until_cut(hub, begin)) for begin in ways for _ in range(each)]
    served = asyncio.create_task(asyncio.to_thread(ask_until, hub, token, slow))

    lasted = await asyncio.gather(*slow)
    took = await served

    print(
        f"{len(lasted)} slow requests, the last cut after {max(lasted):.1f} s; "
        f"{len(took)} others served, p95 {percentile(took, 95) * 1000:.1f} ms, slowest {max(took) * 1000:.1f} ms"
    )
    assert max(lasted) < WITHIN_S
    assert len(took) > 20


async def until_cut(hub: RunningHub, begin: bytes) -> float:
    """How long the hub bears with a request that goes on with a byte a second at most."""
    parts = urlsplit(hub.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    began = time.monotonic()
    reading = asyncio.create_task(reader.read())
    try:
        writer.write(begin)
        while not reading.done():
            await asyncio.wait([reading], timeout=1)
            if begin is DRIPPING:
                writer.write(b"x")
    finally:
        writer.close()
        await asyncio.gather(reading, return_exceptions=True)
    return time.monotonic() - began


def ask_until(hub: RunningHub, token: str, slow: list["asyncio.Task[float]"]) -> list[float]:
    """The time to each answer, one question after the other, while somebody is slow; all are answered 200."""
    line = HttpLine(int(hub.url.rpartition(":")[2]))
    asked = request("GET", "/api/v1/customers?q=nobody", {"authorization": f"Bearer {token}"})
    took = []
    while not all(task.done() for task in slow):
        began = time.monotonic()
        status, body = line.ask(asked)
        took.append(time.monotonic() - began)
        assert status == 200, body
        time.sleep(0.02)
    line.close()
    return took
