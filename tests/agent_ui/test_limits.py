"""Beyond a bound the hub says so at once, and says when to come again."""

import asyncio
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent_ui.site import Site
from hub.errors import Unauthenticated
from hub.limits import Limits
from tests.agent_ui.guarded import ask, raw
from tests.parts.serving import serving

FROM_OUTSIDE = {"x-forwarded-for": "203.0.113.7"}
ELSEWHERE = {"x-forwarded-for": "203.0.113.8"}


class Shop:
    """An application whose one slow route answers when it is let go."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.go_on = asyncio.Event()
        self.asked = asyncio.Semaphore(0)
        self.app = Site(
            [
                Route("/", self._page),
                Route("/slow", self._slow, methods=["GET", "POST"]),
                Route("/large", self._large),
                Route("/api/v1/things", self._refuse),
            ],
            limits=limits,
            trusted_proxies=["127.0.0.1"],
        )

    async def _page(self, request: Request) -> Response:
        return Response("here")

    async def _slow(self, request: Request) -> Response:
        size = len(await request.body())
        self.asked.release()
        await self.go_on.wait()
        return JSONResponse({"size": size})

    async def _large(self, request: Request) -> Response:
        return Response(bytes(20_000_000))

    async def _refuse(self, request: Request) -> Response:
        raise Unauthenticated

    async def until_asked(self, times: int) -> None:
        async with asyncio.timeout(10):
            for _ in range(times):
                await self.asked.acquire()


def code(answer: httpx2.Response) -> tuple[int, str]:
    assert int(answer.headers["retry-after"]) > 0
    return answer.status_code, answer.json()["code"]


async def test_more_requests_than_the_hub_takes_on_are_refused_and_the_others_answered() -> None:
    shop = Shop(Limits(requests=2))
    async with serving(shop.app) as url:
        waiting = [asyncio.create_task(ask(f"{url}/slow")) for _ in range(2)]
        await shop.until_asked(2)

        refused = await ask(url)
        shop.go_on.set()

        assert code(refused) == (503, "overloaded")
        assert [(await one).status_code for one in waiting] == [200, 200]
        assert (await ask(url)).status_code == 200


async def test_more_bytes_than_all_bodies_together_may_have_are_refused() -> None:
    shop = Shop(Limits(body_bytes_in_all=150_000))
    async with serving(shop.app) as url:
        first = asyncio.create_task(ask(f"{url}/slow", "POST", content=bytes(100_000)))
        await shop.until_asked(1)

        refused = await ask(f"{url}/slow", "POST", content=bytes(100_000))
        shop.go_on.set()

        assert code(refused) == (503, "overloaded")
        assert (await first).json() == {"size": 100_000}
        assert (await ask(f"{url}/slow", "POST", content=bytes(100_000))).json() == {"size": 100_000}


async def test_more_connections_than_there_may_be_are_told_and_closed() -> None:
    shop = Shop(Limits())
    async with serving(shop.app, Limits(connections=3)) as url:
        parts = urlsplit(url)
        held = [await asyncio.open_connection(parts.hostname, parts.port) for _ in range(3)]

        refused = await raw(url, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _, writer in held:
            writer.close()
            await writer.wait_closed()

        assert refused.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 5" in refused
        assert b'"overloaded"' in refused
        async with asyncio.timeout(10):
            while (await raw(url, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))[9:12] != b"200":
                pass


async def test_an_address_that_asks_too_often_is_told_and_no_other() -> None:
    shop = Shop(Limits(requests_per_address=5))
    async with serving(shop.app) as url:
        assert [(await ask(url, headers=FROM_OUTSIDE)).status_code for _ in range(5)] == [200] * 5

        refused = await ask(url, headers=FROM_OUTSIDE)

        assert code(refused) == (429, "too_many")
        assert (await ask(url, headers=ELSEWHERE)).status_code == 200
        # Behind a proxy of which the hub was not told this may be anybody.
        assert [(await ask(url)).status_code for _ in range(7)] == [200] * 7


async def test_an_address_that_brings_bad_tokens_on_and_on_is_told_before_they_are_looked_at() -> None:
    shop = Shop(Limits(refusals_per_address=3))
    async with serving(shop.app) as url:
        for _ in range(3):
            assert (await ask(f"{url}/api/v1/things", headers=FROM_OUTSIDE)).status_code == 401

        assert code(await ask(f"{url}/api/v1/things", headers=FROM_OUTSIDE)) == (429, "too_many")
        assert (await ask(f"{url}/api/v1/things", headers=ELSEWHERE)).status_code == 401


async def test_of_ipv6_a_network_is_one_address() -> None:
    shop = Shop(Limits(requests_per_address=1))
    async with serving(shop.app) as url:
        assert (await ask(url, headers={"x-forwarded-for": "2001:db8:0:1::7"})).status_code == 200
        assert (await ask(url, headers={"x-forwarded-for": "2001:db8:0:1:ffff::8"})).status_code == 429
        assert (await ask(url, headers={"x-forwarded-for": "2001:db8:0:2::7"})).status_code == 200


@pytest.mark.parametrize("reads", [False, True])
async def test_an_answer_that_nobody_reads_is_given_up(reads: bool) -> None:
    shop = Shop(Limits())
    async with serving(shop.app, Limits(reader_seconds=0.3)) as url:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 16)
        writer.write(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        if not reads:
            # Long enough to be looked at twice.
            await asyncio.sleep(1.5)
        got = 0
        try:
            while piece := await asyncio.wait_for(reader.read(1 << 16), 10):
                got += len(piece)
        except ConnectionError:
            pass
        finally:
            writer.close()

        assert (got > 20_000_000) is reads
