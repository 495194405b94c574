"""Where a request comes from: through which proxy, from whose page, and how privately."""

import json
from collections.abc import AsyncIterator

import pytest
import websockets

from tests.agent_ui.guarded import SIGNED_IN, application, ask
from tests.parts.serving import serving


@pytest.fixture(name="url")
async def serve_application() -> AsyncIterator[str]:
    async with serving(application()) as url:
        yield url


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
