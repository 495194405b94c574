"""How much a request may bring, how slowly, and that nobody else waits for it."""

import asyncio
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from agent_ui.guards import Pace
from tests.agent_ui.guarded import MIB, application, ask, raw
from tests.parts.serving import serving


@pytest.fixture(name="url")
async def serve_application() -> AsyncIterator[str]:
    async with serving(application()) as url:
        yield url


async def test_a_body_up_to_the_limit_is_taken_and_one_byte_more_is_not(url: str) -> None:
    assert (await ask(f"{url}/act", "POST", content=b"x" * MIB)).json()["length"] == MIB

    answer = await ask(f"{url}/act", "POST", content=b"x" * (MIB + 1))

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert answer.json()["limit"] == MIB


async def test_a_gigabyte_is_refused_before_any_of_it_is_read(url: str) -> None:
    started = time.perf_counter()

    answer = await raw(
        url, b"POST /act HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n"
    )

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("announced", [True, False])
async def test_a_client_that_sends_a_gigabyte_regardless_is_cut_and_nobody_waits(url: str, announced: bool) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += MIB
            yield b"x" * MIB

    headers = {"content-length": str(1000 * MIB)} if announced else {}
    task = asyncio.create_task(ask(f"{url}/act", "POST", content=endless(), headers=headers))
    longest = 0.0
    while not task.done():
        started = time.perf_counter()
        await ask(url)
        longest = max(longest, time.perf_counter() - started)

    with_answer = not task.exception()
    assert with_answer is False or task.result().status_code == 413
    assert sent < 1000 * MIB
    assert longest < 1


async def test_files_have_a_limit_of_their_own(url: str) -> None:
    for path in ("/console/attachments", "/widget/attachments"):
        taken = await ask(f"{url}{path}", "POST", content=b"x" * (25 * MIB))
        refused = await ask(f"{url}{path}", "POST", content=b"x" * (25 * MIB + 1))

        assert taken.json() == {"length": 25 * MIB}
        assert refused.status_code == 413


async def test_a_body_that_trickles_is_given_up() -> None:
    async with serving(application(pace=Pace(grace=0.3, bytes_per_second=1000.0))) as url:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"POST /act HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")

        async def trickle() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(trickle())
        answer = await asyncio.wait_for(reader.read(), 10)
        dripping.cancel()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408")


async def test_a_body_that_never_comes_is_given_up_and_a_slow_answer_is_not() -> None:
    async with serving(application(pace=Pace(0.2, 4096))) as url:
        answer = await raw(url, b"POST /act HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 408")
