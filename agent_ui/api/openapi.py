"""The API's description in OpenAPI 3.1, made of what stands beside each route."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from agent_ui.api.operation import JSON, Example, Nothing, Operation
from agent_ui.decode import query
from agent_ui.errors import PROBLEM
from hub.errors import HubError

PATH = "/api/v1/openapi.json"
_REFS = "#/components/schemas/{name}"
# Answers without fields that we name.
_PLAIN: dict[type[Any], dict[str, str]] = {str: {"type": "string"}, dict: {"type": "object"}}
_ABOUT = (
    "One lifelong conversation per customer, beside their orders. JSON in UTF-8, times in RFC 3339, money in minor "
    "units with ISO 4217. Unknown fields are refused. Lists are paged by `limit`, `after` and `next`."
)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal (RFC 9457). `code` stays the same for ever; some codes bring further members."""

    type: str
    title: str
    status: int
    code: str
    detail: str


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole description."""
    shapes = {shape for operation in operations for shape in _shapes(operation)}
    ordered = sorted(shapes, key=lambda shape: str(shape.__name__))
    _, schemas = msgspec.json.schema_components([*ordered, Problem], ref_template=_REFS)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.documented_path, {})[operation.method.lower()] = _described(operation, schemas)
    for name in {operation.takes.__name__ for operation in operations if operation.method == "GET"}:
        schemas.pop(name, None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Onethread", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    }


def _shapes(operation: Operation) -> Iterable[type[Any]]:
    yield operation.takes
    yield from (answer for answer in operation.answers.values() if answer not in _PLAIN and answer is not None)


def _described(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _operation_id(operation),
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation), *_query_parameters(operation, schemas)],
        "responses": _responses(operation),
    }
    if operation.method != "GET":
        described["requestBody"] = {
            "required": True,
            "content": {
                operation.consumes: {"schema": _ref(operation.takes), "example": dict(operation.example.fields)}
            },
        }
    if operation.is_open:
        described["security"] = []
    return described


def _operation_id(operation: Operation) -> str:
    return "_".join([operation.method.lower(), *re.findall(r"\w+", operation.documented_path.removeprefix("/api/v1"))])


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 1} if name == "id" else {"type": "string"},
            "example": operation.example.path[name],
        }
        for name in re.findall(r"{(\w+)}", operation.documented_path)
    ]


def _query_parameters(operation: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if operation.method != "GET":
        return []
    shape = schemas[operation.takes.__name__]
    parameters = []
    for name, schema in shape["properties"].items():
        parameter = {"name": name, "in": "query", "required": name in shape["required"], "schema": schema}
        if name in operation.example.fields:
            parameter["example"] = operation.example.fields[name]
        parameters.append(parameter)
    return parameters


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, answer in operation.answers.items():
        responses[str(status)] = {"description": HTTPStatus(status).phrase}
        if answer is not None:
            schema = _PLAIN.get(answer) or _ref(answer)
            responses[str(status)]["content"] = {operation.produces: {"schema": schema}}
    for status, refusals in _by_status(operation.errors).items():
        responses[str(status)] = {
            "description": " ".join(f"`{refusal.code}`: {_first_line(refusal)}" for refusal in refusals),
            "content": {PROBLEM: {"schema": _ref(Problem)}},
        }
    return dict(sorted(responses.items()))


def _by_status(errors: Iterable[type[HubError]]) -> dict[int, list[type[HubError]]]:
    grouped: dict[int, list[type[HubError]]] = {}
    for refusal in dict.fromkeys(errors):
        grouped.setdefault(refusal.status, []).append(refusal)
    return grouped


def _first_line(refusal: type[HubError]) -> str:
    return (refusal.__doc__ or "").strip().splitlines()[0]


def _ref(shape: type[Any]) -> dict[str, str]:
    return {"$ref": _REFS.format(name=shape.__name__)}


def describing(operations: list[Operation]) -> Operation:
    """The operation that answers with the description of all operations, its own among them."""
    ready: list[bytes] = []

    async def answer(request: Request) -> Response:
        query(request, Nothing)
        if not ready:
            ready.append(msgspec.json.encode(document(operations)))
        return Response(ready[0], media_type=JSON)

    return Operation(
        method="GET",
        path=PATH,
        summary="This description",
        takes=Nothing,
        answers={200: dict},
        errors=(),
        example=Example(),
        endpoint=answer,
        is_open=True,
    )
