"""What stands before every route: by which names and methods it is reached, and what browsers are told."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.agent_ui.guarded import application, ask, raw
from tests.parts.serving import serving


@pytest.fixture(name="url")
async def serve_application() -> AsyncIterator[str]:
    async with serving(application()) as url:
        yield url


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
