"""Whatever nonsense comes in, at whatever route: a clear refusal, nothing stored, and the hub goes on."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette

from agent_ui.api import operations
from agent_ui.api.operation import JSON, Nothing, Operation
from agent_ui.errors import PROBLEM
from hub.bootstrap import Hub
from hub.clock import Clock
from hub.database import Reading, Statement
from hub.errors import TooLarge
from hub.models import metadata
from hub.services.figures import figures
from tests.agent_ui.api.conftest import Connect
from tests.agent_ui.api.test_openapi import path_of, send
from tests.parts.serving import serving

COUNTS = {table.name: Statement(select(func.count()).select_from(table)) for table in metadata.sorted_tables}
WITH_TOKEN = [operation for operation in operations if operation.produces == JSON and not operation.is_open]
CHANGES = [operation for operation in WITH_TOKEN if operation.method != "GET"]
QUESTIONS = [operation for operation in WITH_TOKEN if operation.method == "GET"]
# Fields of the shop's own, in which anything may stand.
FREE = {"loyalty", "consent", "fields"}

DEEP = b"[" * 100_000 + b"]" * 100_000
# Bodies that are none of what any route takes.
NONSENSE = [
    b"{",
    b'{"text": "a"',
    b"\xff\xfe{}",
    b'{"text": NaN}',
    b"<message/>",
    b"[]",
    b"null",
    b'"text"',
    b"7",
    b'{"text": "\\ud800"}',
    DEEP,
    b'{"fields": ' + DEEP + b"}",
]


def id_of_case(value: Any) -> str | None:
    return f"{value.method} {value.documented_path}" if isinstance(value, Operation) else None


def counts(rd: Reading) -> dict[str, int]:
    return {name: rd.value(statement) for name, statement in COUNTS.items()}


@pytest.fixture(name="told")
async def tell_the_story(hub: Hub, api: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """A program that has sent every example; after the test nothing has been added to what they stored."""
    for operation in CHANGES:
        await send(api, operation)
    await settled(hub)
    before = await hub.db.view(counts)

    yield api

    await settled(hub)
    assert await hub.db.view(counts) == before


async def settled(hub: Hub) -> None:
    """What was accepted is sent, so that nothing is stored later on its account."""
    async with asyncio.timeout(20):
        while (await hub.db.view(figures)).deliveries:
            await hub.delivery.work()


def assert_refused(response: httpx2.Response, *statuses: int) -> None:
    about = f"{response.request.method} {response.request.url}: {response.status_code} {response.text[:300]}"
    assert response.status_code in statuses, about
    assert response.headers["content-type"] == PROBLEM, about
    problem = response.json()
    assert {"type", "title", "status", "code", "detail"} <= set(problem), about
    assert problem["status"] == response.status_code


@pytest.mark.parametrize("operation", CHANGES, ids=id_of_case)
async def test_a_body_that_cannot_be_read_is_refused(told: httpx2.AsyncClient, operation: Operation) -> None:
    for content in NONSENSE:
        response = await told.request(operation.method, path_of(operation), content=content)

        assert_refused(response, 400, 422)


@pytest.mark.parametrize("operation", CHANGES, ids=id_of_case)
async def test_fields_that_do_not_fit_are_refused(told: httpx2.AsyncClient, operation: Operation) -> None:
    for fields in spoilt(dict(operation.example.fields)):
        response = await told.request(operation.method, path_of(operation), content=json.dumps(fields))

        assert_refused(response, 422)


def spoilt(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The fields with one thing wrong, each in turn."""
    yield fields | {"nonsense": 1}
    yield fields | {"Text": "a"}
    for name, value in fields.items():
        if name in FREE:
            continue
        yield fields | {name: [[]]}
        yield fields | {name: {"nonsense": 1}}
        yield fields | {name: 1.5}
        if isinstance(value, str):
            yield fields | {name: f"{value}\x00"}
            yield fields | {name: f"{value}\ud800"}
            yield fields | {name: "\x1b[31m"}
            yield fields | {name: "x" * 150_000}
        if isinstance(value, int):
            yield fields | {name: 10**30}
            yield fields | {name: str(value)}


@pytest.mark.parametrize("operation", QUESTIONS, ids=id_of_case)
async def test_questions_that_do_not_fit_are_refused(told: httpx2.AsyncClient, operation: Operation) -> None:
    fields = dict(operation.example.fields)
    wrong: list[dict[str, Any]] = [{"nonsense": 1}]
    if "limit" in operation.takes.__struct_fields__:
        wrong += [{"limit": 0}, {"limit": 101}, {"limit": "many"}, {"limit": ""}, {"after": "\x00"}, {"after": "-1"}]
    if "q" in operation.takes.__struct_fields__:
        wrong += [{"q": "a\x00"}, {"q": "x" * 501}]
    for change in wrong:
        response = await told.get(path_of(operation), params=fields | change)

        assert_refused(response, 400, 422)


@pytest.mark.parametrize("operation", [o for o in WITH_TOKEN if o.example.path], ids=id_of_case)
async def test_names_and_ids_that_nothing_has_are_refused(told: httpx2.AsyncClient, operation: Operation) -> None:
    named = operation.method == "PUT"
    for name in operation.example.path:
        numbers = ("999999", "0", "-1", "1e3", "x", "9" * 400, "%00", "%EF%BF%BD")
        for written in ("%00", "%1B", "x" * 200) if named else numbers:
            path = path_of(operation, **{name: written})
            response = await told.request(operation.method, path, **body_of(operation))

            # Under the key of another message it is refused as such.
            assert_refused(response, 404, 409, 422)


def body_of(operation: Operation) -> dict[str, Any]:
    return {} if operation.method == "GET" else {"json": dict(operation.example.fields)}


@pytest.mark.parametrize("operation", WITH_TOKEN, ids=id_of_case)
async def test_without_a_good_token_nobody_comes_in(
    told: httpx2.AsyncClient, stranger: httpx2.AsyncClient, operation: Operation
) -> None:
    good = told.headers["authorization"].removeprefix("Bearer ")
    forged = [
        "",
        f"Bearer {good[:-1]}x",
        f"Bearer {good}x",
        f"Basic {good}",
        good,
        "Bearer ",
        "Bearer ot_999999_" + "A" * 43,
        "Bearer ot_1_' OR 1=1 --",
        "Bearer " + "x" * 5000,
    ]
    for header in forged:
        headers = {"authorization": header} if header else {}
        response = await stranger.request(operation.method, path_of(operation), headers=headers, **body_of(operation))

        assert_refused(response, 401)
        assert response.headers["www-authenticate"] == "Bearer"


async def test_a_token_that_expired_or_was_revoked_opens_nothing(hub: Hub, connect: Connect, clock: Clock) -> None:
    short = await hub.tokens.create(None, name="short", expires_at=clock.now() + 60_000)
    gone = await hub.tokens.create(None, name="gone")
    expired, revoked = await connect(token=short.text), await connect(token=gone.text)
    assert (await expired.get("/api/v1/customers")).status_code == 200
    assert (await revoked.get("/api/v1/customers")).status_code == 200

    clock.move_by(timedelta(minutes=2))
    await hub.tokens.revoke(None, gone.id)

    for client in (expired, revoked):
        assert_refused(await client.get("/api/v1/customers"), 401)


@pytest.mark.parametrize("operation", WITH_TOKEN, ids=id_of_case)
async def test_a_token_without_the_right_is_told_which_it_lacks(connect: Connect, operation: Operation) -> None:
    weak = await connect("metrics")

    response = await weak.request(
        operation.method,
        path_of(operation),
        **({"params": dict(operation.example.fields)} if operation.method == "GET" else body_of(operation)),
    )

    assert_refused(response, 403)
    assert response.json()["action"]


async def test_a_route_that_there_is_not_and_a_method_it_lacks_are_problems_too(api: httpx2.AsyncClient) -> None:
    assert_refused(await api.get("/api/v1/nothing"), 404)
    assert_refused(await api.delete("/api/v1/messages"), 405)
    assert_refused(await api.request("BREW", "/api/v1/messages"), 405)


async def test_a_body_of_a_gigabyte_is_refused_before_it_has_come(app: Starlette, api: httpx2.AsyncClient) -> None:
    head = f"host: 127.0.0.1\r\nauthorization: {api.headers['authorization']}\r\n"
    async with serving(app) as url:
        for operation in CHANGES:
            announced = f"{operation.method} {path_of(operation)} HTTP/1.1\r\n{head}content-length: {2**30}\r\n\r\n"
            assert await refused_upload(url, announced.encode(), b" " * 65_536) == 413
            assert TooLarge in operation.errors
        for path in ("/api/v1/messages", "/api/v1/calls"):
            endless = f"POST {path} HTTP/1.1\r\n{head}transfer-encoding: chunked\r\n\r\n"
            assert await refused_upload(url, endless.encode(), b"100000\r\n" + b" " * 0x100000 + b"\r\n") == 413


async def refused_upload(url: str, head: bytes, piece: bytes) -> int:
    """Sends pieces without an end until there is an answer; its status."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head)
    answer = asyncio.ensure_future(reader.readline())
    async with asyncio.timeout(30):
        while not answer.done():
            writer.write(piece)
            await asyncio.wait([answer, asyncio.ensure_future(writer.drain())], return_when=asyncio.FIRST_COMPLETED)
    writer.close()
    return int(answer.result().split()[1])


async def test_the_loop_goes_on_while_large_and_deep_bodies_are_read(app: Starlette, api: httpx2.AsyncClient) -> None:
    longest, done = 0.0, asyncio.Event()
    loop = asyncio.get_running_loop()

    async def watch() -> None:
        nonlocal longest
        while not done.is_set():
            before = loop.time()
            await asyncio.sleep(0.01)
            longest = max(longest, loop.time() - before)

    watching = asyncio.create_task(watch())
    for content in (b'{"text": "' + b"x" * 40_000_000 + b'"}', b"[" * 20_000_000, b'{"a":' * 5_000_000, DEEP):
        response = await api.post("/api/v1/messages", content=content)
        assert_refused(response, 400, 422)
    done.set()
    await watching

    assert longest < 1.0


def test_every_route_that_changes_something_is_tried() -> None:
    assert {operation.method for operation in CHANGES} == {"POST", "PUT", "PATCH"}
    assert all(operation.takes is not Nothing for operation in CHANGES)
