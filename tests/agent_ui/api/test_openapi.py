"""The description of the API is held to its routes, and its examples are sent as they stand."""

from typing import Any
from urllib.parse import quote

import httpx2
import msgspec
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from agent_ui.api import operations
from agent_ui.api.openapi import PATH, document
from agent_ui.api.operation import JSON, Operation
from agent_ui.errors import PROBLEM

DESCRIPTION = document(operations)


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DESCRIPTION["components"]})


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = DESCRIPTION["paths"][operation.documented_path][operation.method.lower()]
    return described


def _is_of_the_api(route: BaseRoute) -> bool:
    return isinstance(route, Route) and route.path.startswith(("/api/", "/forms/", "/healthz", "/readyz", "/metrics"))


def test_each_route_is_described_and_each_description_has_its_route(app: Starlette) -> None:
    routed = {
        (method, route.path.replace(":path", ""))
        for route in app.routes
        if isinstance(route, Route) and _is_of_the_api(route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {(method.upper(), path) for path, methods in DESCRIPTION["paths"].items() for method in methods}

    assert routed == described


def test_each_schema_is_one() -> None:
    for schema in DESCRIPTION["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_each_example_fits_what_the_route_takes() -> None:
    for operation in operations:
        described = _described(operation)
        for content in described.get("requestBody", {"content": {}})["content"].values():
            _validator(content["schema"]).validate(content["example"])
        for parameter in described["parameters"]:
            if "example" in parameter:
                _validator(parameter["schema"]).validate(parameter["example"])


async def test_the_examples_are_sent_in_order_and_answered_as_described(
    api: httpx2.AsyncClient, stranger: httpx2.AsyncClient
) -> None:
    for operation in operations:
        response = await send(stranger if operation.is_open else api, operation)

        good = next(iter(operation.answers))
        assert response.status_code == good, f"{operation.method} {operation.path}: {response.text}"
        check_answer(operation, response)


async def test_an_example_sent_again_is_answered_as_described(api: httpx2.AsyncClient) -> None:
    for operation in operations:
        await send(api, operation)
    for operation in operations:
        response = await send(api, operation)

        if 200 in operation.answers and operation.method != "PATCH":
            assert response.status_code == 200, f"{operation.method} {operation.path}: {response.text}"
        check_answer(operation, response)


async def test_the_description_is_served(stranger: httpx2.AsyncClient) -> None:
    response = await stranger.get(PATH)

    assert response.json() == msgspec.json.decode(msgspec.json.encode(DESCRIPTION))


async def test_refusals_are_problem_documents_as_described(api: httpx2.AsyncClient) -> None:
    for operation in operations:
        if operation.is_open or operation.produces != JSON:
            continue
        response = await api.request(operation.method, path_of(operation), params={"nonsense": "1"})

        assert response.status_code == 422, operation.path
        assert response.headers["content-type"] == PROBLEM
        described = _described(operation)["responses"]["422"]["content"][PROBLEM]["schema"]
        _validator(described).validate(response.json())


def path_of(operation: Operation, **instead: str) -> str:
    """The path of an operation's example; `instead` replaces what stands in it, as it is to travel."""
    path = operation.documented_path
    for name, value in operation.example.path.items():
        path = path.replace(f"{{{name}}}", instead.get(name, quote(str(value), safe="")))
    return path


async def send(client: httpx2.AsyncClient, operation: Operation) -> httpx2.Response:
    fields = dict(operation.example.fields)
    if operation.method == "GET":
        return await client.get(path_of(operation), params=fields)
    if operation.consumes == JSON:
        return await client.request(operation.method, path_of(operation), json=fields)
    return await client.request(operation.method, path_of(operation), data=fields)


def check_answer(operation: Operation, response: httpx2.Response) -> None:
    described = _described(operation)["responses"][str(response.status_code)]
    for media_type, content in described.get("content", {}).items():
        assert response.headers["content-type"] == media_type
        if media_type == JSON:
            _validator(content["schema"]).validate(response.json())
