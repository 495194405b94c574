"""Heads that are late, endless or never finished are cut."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from hub.limits import Limits
from tests.agent_ui.guarded import application, ask, raw
from tests.parts.serving import serving


@pytest.fixture(name="url")
async def serve_application() -> AsyncIterator[str]:
    async with serving(application()) as url:
        yield url


async def test_half_a_head_and_silence_are_cut() -> None:
    async with serving(application(), Limits(head_seconds=0.3)) as url:
        answers = await asyncio.gather(
            *(raw(url, begin) for begin in [b"GET / HTTP/1.1\r\nHost: localhost\r\nX-", b""] * 50)
        )

        assert answers == [b""] * 100
        assert (await ask(url)).status_code == 200


async def test_a_head_without_end_is_cut(url: str) -> None:
    endless = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Much: " + b"x" * 8000 + b"\r\n"

    answer = await raw(url, endless + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(2000)))

    assert not answer.startswith(b"HTTP/1.1 200")


async def test_a_long_body_is_no_long_head() -> None:
    async with serving(application(), Limits(head_seconds=0.2)) as url:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"POST /act HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(10):
            writer.write(b"x" * 10_000)
            await asyncio.sleep(0.05)

        answer = await reader.read()
        writer.close()

    assert b'"length":100000' in answer
