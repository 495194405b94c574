"""What stands before every route, over real connections: who is let in, how much they send, what browsers are told."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import websockets
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from agent_ui.cookies import SESSION
from agent_ui.errors import HANDLERS, on_socket
from agent_ui.guards import Guards, Pace
from agent_ui.origins import check_origin, is_private
from hub.errors import HubError
from tests.parts.serving import serving

SIGNED_IN = {"cookie": f"{SESSION}=secret"}
MIB = 1024 * 1024


async def echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse(
        {
            "length": len(body),
            "address": request.client.host if request.client else "",
            "scheme": request.url.scheme,
            "private": is_private(request.scope),
            "headers": sorted(name for name in request.headers if name.startswith("x-")),
        }
    )


async def page(request: Request) -> Response:
    return HTMLResponse(f"<!doctype html><title>{request.state.nonce}</title>")


async def own_headers(request: Request) -> Response:
    return HTMLResponse("x", headers={"content-security-policy": "sandbox", "cache-control": "private"})


async def streamed(request: Request) -> Response:
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
    return JSONResponse({"length": read})


async def talk(socket: WebSocket) -> None:
    try:
        check_origin(socket.scope, ["https://shop.example"])
    except HubError as refusal:
        await on_socket(socket, refusal)
        return
    await socket.accept()
    await socket.send_text("welcome")
    await socket.close()


def application(**options: Any) -> ASGIApp:
    methods = ["GET", "POST", "PUT", "DELETE"]
    routes = [
        Route("/", page),
        Route("/own", own_headers),
        Route("/act", echo, methods=methods),
        Route("/api/v1/things", echo, methods=methods),
        Route("/console/attachments", streamed, methods=["POST"]),
        Route("/widget/attachments", streamed, methods=["POST"]),
        WebSocketRoute("/socket", talk),
    ]
    return Guards(Starlette(routes=routes, exception_handlers=HANDLERS), **options)


Serve = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture(name="url")
async def serve_application() -> AsyncIterator[str]:
    async with serving(application()) as url:
        yield url


async def ask(url: str, method: str = "GET", **options: Any) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.request(method, url, **options)


async def raw(url: str, request: bytes, *, seconds: float = 20) -> bytes:
    """What comes back on a bare connection until the hub closes it."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(request)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), seconds)
    except ConnectionError:
        return b""
    finally:
        writer.close()


# --- what browsers are told -------------------------------------------------------------------------------------


async def test_every_page_carries_the_headers_that_keep_it_ours(url: str) -> None:
    answer = await ask(url)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "microphone=()" in answer.headers["permissions-policy"]
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


async def test_each_page_has_a_nonce_of_its_own(url: str) -> None:
    nonces = set()
    for _ in range(2):
        answer = await ask(url)
        (nonce,) = re.findall(r"script-src 'nonce-([^']+)'", answer.headers["content-security-policy"])
        assert f"<title>{nonce}</title>" in answer.text
        nonces.add(nonce)

    assert len(nonces) == 2


async def test_data_is_never_shown_as_a_page(url: str) -> None:
    answer = await ask(f"{url}/api/v1/things")

    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_a_route_may_have_headers_of_its_own(url: str) -> None:
    answer = await ask(f"{url}/own")

    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["cache-control"] == "private"


async def test_refusals_and_unknown_places_carry_the_headers_too(url: str) -> None:
    for answer in (
        await ask(f"{url}/nowhere"),
        await ask(url, "TRACE"),
        await ask(url, headers={"host": "evil.example"}),
    ):
        assert answer.status_code in {404, 405, 421}
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


# --- methods and names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "PROPFIND", "DEBUG", "CONNECT"])
async def test_methods_that_we_do_not_speak_are_not_allowed(url: str, method: str) -> None:
    target = "evil.example:443" if method == "CONNECT" else "/"

    answer = await raw(url, f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())

    assert answer.split(b" ", 2)[1] in {b"405", b"400"}
    assert b"200" not in answer.split(b"\r\n", 1)[0]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:4711", "[::1]:8000", "192.0.2.7:8000", "hub.shop.example", "Other.Example"]
)
async def test_the_hub_answers_to_its_own_names_and_to_bare_addresses(host: str) -> None:
    async with serving(application(public_url="https://hub.shop.example", names=["other.example"])) as url:
        assert (await ask(url, headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a b", "[::1", "@"]
)
async def test_the_hub_answers_to_no_other_name(host: str) -> None:
    async with serving(application(public_url="https://hub.shop.example")) as url:
        answer = await raw(url, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())

        assert answer.startswith((b"HTTP/1.1 421", b"HTTP/1.1 400"))


async def test_a_request_with_no_name_or_two_is_refused(url: str) -> None:
    for hosts in ("", "Host: localhost\r\nHost: localhost\r\n"):
        answer = await raw(url, f"GET / HTTP/1.0\r\n{hosts}\r\n".encode())

        assert answer.startswith((b"HTTP/1.1 421", b"HTTP/1.1 400"))


@pytest.mark.parametrize(
    "heads",
    [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 0x3\r\n",
        "Content-Length: -3\r\n",
        "X-Folded: a\r\n b\r\n",
    ],
)
async def test_a_head_that_two_servers_may_read_differently_is_refused(url: str, heads: str) -> None:
    answer = await raw(url, f"POST /act HTTP/1.1\r\nHost: localhost\r\n{heads}Connection: close\r\n\r\nabc".encode())

    assert answer.startswith(b"HTTP/1.1 400")


# --- proxies ----------------------------------------------------------------------------------------------------

FORWARDED = {"x-forwarded-for": "203.0.113.9, 198.51.100.1", "x-forwarded-proto": "https", "x-real-ip": "203.0.113.9"}


async def test_what_a_stranger_says_of_itself_is_not_believed(url: str) -> None:
    told = (await ask(f"{url}/act", headers=FORWARDED)).json()

    assert (told["address"], told["scheme"], told["headers"]) == ("127.0.0.1", "http", [])
    assert told["private"] is False


async def test_what_a_trusted_proxy_says_is_believed_up_to_the_first_stranger() -> None:
    async with serving(application(trusted_proxies=["127.0.0.1", "198.51.100.0/24"])) as url:
        answer = await ask(f"{url}/act", headers=FORWARDED)

    told = answer.json()
    assert (told["address"], told["scheme"], told["private"]) == ("203.0.113.9", "https", True)
    assert told["headers"] == []
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


async def test_an_address_that_a_client_invents_is_not_taken_for_its_own() -> None:
    invented = FORWARDED | {"x-forwarded-for": "10.0.0.1, 203.0.113.9"}
    async with serving(application(trusted_proxies=["127.0.0.1"])) as url:
        assert (await ask(f"{url}/act", headers=invented)).json()["address"] == "203.0.113.9"


@pytest.mark.parametrize(("host", "private"), [("localhost", True), ("127.0.0.1", True), ("192.0.2.7", False)])
async def test_plain_http_is_private_on_the_machine_itself_alone(url: str, host: str, private: bool) -> None:
    assert (await ask(f"{url}/act", headers={"host": host})).json()["private"] is private


# --- whose page asks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": "OWN"}, 200),
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://hub.shop.example"}, 200),
        ({"sec-fetch-site": "cross-site", "origin": "OWN"}, 403),
        ({}, 403),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_change_with_a_session_has_to_come_from_our_own_page(
    method: str, headers: dict[str, str], status: int
) -> None:
    async with serving(application(public_url="https://hub.shop.example")) as url:
        sent = {name: url if value == "OWN" else value for name, value in headers.items()}

        assert (await ask(f"{url}/act", method, headers=SIGNED_IN | sent)).status_code == status


async def test_without_a_session_a_foreign_page_may_not_post_to_us_either(url: str) -> None:
    assert (await ask(f"{url}/act", "POST", headers={"origin": "https://evil.example"})).status_code == 403
    assert (await ask(f"{url}/act", "POST")).status_code == 200


async def test_reading_and_the_api_need_no_origin(url: str) -> None:
    assert (await ask(f"{url}/act", headers=SIGNED_IN | {"sec-fetch-site": "cross-site"})).status_code == 200
    assert (await ask(f"{url}/api/v1/things", "POST", headers={"origin": "https://shop.example"})).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [(None, 101), ("OWN", 101), ("https://shop.example", 101), ("https://evil.example", 403), ("null", 403)],
)
async def test_a_socket_opens_for_our_own_pages_and_those_that_we_name(
    url: str, origin: str | None, status: int
) -> None:
    sent = url if origin == "OWN" else origin
    address = f"{url.replace('http', 'ws', 1)}/socket"
    if status == 101:
        async with websockets.connect(address, origin=sent, proxy=None) as socket:  # type: ignore[arg-type]
            assert await socket.recv() == "welcome"
        return

    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(address, origin=sent, proxy=None):  # type: ignore[arg-type]
            pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"")["code"] == "foreign_origin"


async def test_a_socket_for_another_name_is_refused(url: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(
            f"{url.replace('http', 'ws', 1)}/socket", additional_headers={"Host": "evil.example"}, proxy=None
        ):
            pass

    assert refused.value.response.status_code in {400, 421}


# --- bodies -----------------------------------------------------------------------------------------------------


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
    async with serving(application(pace=Pace(grace=0.2))) as url:
        answer = await raw(url, b"POST /act HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 408")


# --- heads ------------------------------------------------------------------------------------------------------


async def test_half_a_head_and_silence_are_cut(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_ui.slow_heads.SECONDS", 0.3)

    answers = await asyncio.gather(
        *(raw(url, begin) for begin in [b"GET / HTTP/1.1\r\nHost: localhost\r\nX-", b""] * 50)
    )

    assert answers == [b""] * 100
    assert (await ask(url)).status_code == 200


async def test_a_head_without_end_is_cut(url: str) -> None:
    endless = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Much: " + b"x" * 8000 + b"\r\n"

    answer = await raw(url, endless + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(2000)))

    assert not answer.startswith(b"HTTP/1.1 200")


async def test_a_long_body_is_no_long_head(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_ui.slow_heads.SECONDS", 0.2)
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(b"POST /act HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(10):
        writer.write(b"x" * 10_000)
        await asyncio.sleep(0.05)

    answer = await reader.read()
    writer.close()

    assert b'"length":100000' in answer
