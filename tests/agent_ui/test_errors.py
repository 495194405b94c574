"""What people and programs are told when something is refused or fails."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import websockets
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from agent_ui.decode import body
from agent_ui.errors import problem_of
from agent_ui.site import Site
from hub.errors import Conflict, Forbidden, NotFound, TooMany, Unavailable
from hub.services.sessions import SignedOut
from tests.parts.serving import serving

PAGE = {"accept": "text/html,application/xhtml+xml"}
SECRET = "the customer's own words"

FAILURES: dict[str, Exception] = {
    "forbidden": Forbidden(),
    "gone": NotFound(),
    "stale": Conflict("You were faster.", missed=[1, 2]),
    "often": TooMany(retry_after=7),
    "busy": Unavailable(),
    "out": SignedOut(),
    "teapot": HTTPException(418),
    "bug": RuntimeError(SECRET),
}


async def fail(request: Request) -> Response:
    raise FAILURES[request.path_params["how"]]


async def fail_halfway(request: Request) -> Response:
    async def begun() -> AsyncIterator[bytes]:
        yield b"half"
        raise FAILURES["bug"]

    return StreamingResponse(begun())


async def read(request: Request) -> Response:
    return Response(str(len(await body(request, list[int]))))


async def fail_before(socket: WebSocket) -> None:
    raise FAILURES[socket.path_params["how"]]


async def fail_after(socket: WebSocket) -> None:
    await socket.accept()
    raise FAILURES[socket.path_params["how"]]


@pytest.fixture(name="url")
async def serve_failures() -> AsyncIterator[str]:
    routes = [
        Route("/api/read", read, methods=["POST"]),
        Route("/api/halfway", fail_halfway),
        Route("/api/{how}", fail, methods=["GET", "POST"]),
        Route("/pages/{how}", fail, methods=["GET", "POST"]),
        WebSocketRoute("/before/{how}", fail_before),
        WebSocketRoute("/after/{how}", fail_after),
    ]
    async with serving(Site(routes)) as url:
        yield url


async def ask(url: str, method: str = "GET", **options: Any) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.request(method, url, **options)


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("forbidden", 403, "forbidden"),
        ("gone", 404, "not_found"),
        ("stale", 409, "conflict"),
        ("often", 429, "too_many"),
        ("busy", 503, "unavailable"),
        ("out", 401, "signed_out"),
        ("teapot", 418, "im_a_teapot"),
        ("bug", 500, "unexpected"),
    ],
)
async def test_a_program_gets_a_problem_document(url: str, how: str, status: int, code: str) -> None:
    answer = await ask(f"{url}/api/{how}", headers=PAGE)

    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["code"] == code
    assert problem["title"]
    assert problem["detail"]


async def test_a_refusal_brings_what_else_there_is_to_know(url: str) -> None:
    assert (await ask(f"{url}/api/stale")).json()["missed"] == [1, 2]
    assert (await ask(f"{url}/api/often")).headers["retry-after"] == "7"
    assert (await ask(f"{url}/api/out")).headers["www-authenticate"] == "Bearer"
    assert (await ask(f"{url}/api/gone", "DELETE")).headers["allow"]


@pytest.mark.parametrize(
    ("how", "status"), [("forbidden", 403), ("gone", 404), ("often", 429), ("busy", 503), ("bug", 500)]
)
@pytest.mark.parametrize(("accepted", "language"), [("en", "en"), ("de-AT,de;q=0.9,en;q=0.5", "de"), ("xx", "en")])
async def test_a_person_gets_a_page_in_their_language(
    url: str, how: str, status: int, accepted: str, language: str
) -> None:
    answer = await ask(f"{url}/pages/{how}", headers=PAGE | {"accept-language": accepted})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<html lang="{language}">' in answer.text
    assert "error." not in answer.text


async def test_a_person_who_is_signed_out_is_led_to_the_door_and_back(url: str) -> None:
    asked = await ask(f"{url}/pages/out?a=1&b=2", headers=PAGE)
    posted = await ask(f"{url}/pages/out", "POST", headers=PAGE)

    assert (asked.status_code, asked.headers["location"]) == (303, "/signin?next=/pages/out%3Fa%3D1%26b%3D2")
    assert (posted.status_code, posted.headers["location"]) == (303, "/signin")


async def test_what_was_unexpected_is_told_by_its_reference_alone(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await ask(f"{url}/api/bug")
        page = await ask(f"{url}/pages/bug", headers=PAGE)

    reference = answer.json()["reference"]
    assert reference in caplog.text
    for told in (answer.text, page.text):
        assert SECRET not in told
        assert "Traceback" not in told
        assert "RuntimeError" not in told


async def test_an_answer_that_breaks_off_is_written_down_and_not_completed(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(httpx2.RemoteProtocolError):
        await ask(f"{url}/api/halfway")

    assert "Unexpected, reference" in caplog.text


async def test_a_client_that_leaves_is_no_fault_of_ours(url: str, caplog: pytest.LogCaptureFixture) -> None:
    parts = urlsplit(url)
    with caplog.at_level(logging.ERROR):
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n[1")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await ask(f"{url}/api/read", "POST", content=b"[1]")).status_code == 200

    assert "Unexpected" not in caplog.text


async def test_a_page_shows_nothing_that_a_request_put_into_it(url: str) -> None:
    answer = await ask(f"{url}/<script>alert(1)</script>?<script>", headers=PAGE)

    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


async def test_a_socket_is_refused_with_a_problem_before_it_opens(url: str) -> None:
    address = url.replace("http", "ws", 1)

    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(f"{address}/before/out", proxy=None):
            pass

    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body or b"")["code"] == "signed_out"


async def test_a_socket_that_fails_later_is_closed_without_a_word_of_why(url: str) -> None:
    address = url.replace("http", "ws", 1)

    async with websockets.connect(f"{address}/after/bug", proxy=None) as socket:
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    assert SECRET not in closed.value.rcvd.reason


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"[1, 2]", 200, ""),
        (b"[1, 2", 400, "malformed"),
        (b"[" * 100_000, 422, "invalid"),
        (b'["x"]', 422, "invalid"),
        (b"[99999999999999999999]", 422, "invalid"),
        (b"[" + b"1," * 600_000 + b"1]", 413, "too_large"),
    ],
    ids=["fine", "cut", "deep", "type", "large-number", "large-body"],
)
async def test_a_bad_body_gets_the_error_that_says_so(url: str, sent: bytes, status: int, code: str) -> None:
    answer = await ask(f"{url}/api/read", "POST", content=sent)

    assert answer.status_code == status
    assert not code or answer.json()["code"] == code


def test_a_problem_for_a_frame_is_the_same_document() -> None:
    assert problem_of(Conflict("You were faster.", missed=[1])) == {
        "type": "about:blank",
        "title": "This does not fit what is there now.",
        "status": 409,
        "code": "conflict",
        "detail": "You were faster.",
        "missed": [1],
    }
