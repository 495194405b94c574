"""Reads what comes in: JSON bodies and query strings, strictly, into declared types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from starlette.requests import Request

from hub.errors import Invalid, Malformed

T = TypeVar("T")

# The largest whole number that JavaScript keeps exactly.
LARGEST = 2**53 - 1

Id = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
Whole = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Line = Annotated[str, msgspec.Meta(max_length=500)]
Words = Annotated[str, msgspec.Meta(max_length=100_000)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]

# Larger bodies are judged by what was read from them.
LARGE = 256 * 1024

# What only an escape can bring into JSON, and a number that may be too large: then each value is looked at.
_SUSPECT = re.compile(rb"\\[bf]|\\u00[01]|\\u[dD][89a-fA-F]|[0-9]{16}")
_LONE_SURROGATE = re.compile(rb"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class BadField(Invalid):
    """A field holds what it may not hold."""

    code = "invalid"


def decode(body: bytes, shape: type[T]) -> T:
    """The body as this type. Raises `Malformed` for what is not JSON, `BadField` with its path for the rest."""
    try:
        decoded = msgspec.json.decode(body, type=shape)
        if len(body) > LARGE:
            # Most of it is files, whose base64 takes seconds to look through and holds none of it.
            _check(msgspec.to_builtins(decoded, builtin_types=(bytes,)))
        elif _SUSPECT.search(body):
            _check(msgspec.json.decode(body))
    except msgspec.ValidationError as problem:
        raise _bad_field(problem) from problem
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        if len(body) <= LARGE and _LONE_SURROGATE.search(body):
            raise BadField("Half of a sign (a lone surrogate) is not text.") from problem
        raise Malformed("The body is not JSON in UTF-8.") from problem
    return decoded


async def body(request: Request, shape: type[T]) -> T:
    """The request's body as this type."""
    return decode(await request.body(), shape)


def query(request: Request, shape: type[T]) -> T:
    """The request's query string as this type; numbers and truths are read from their words."""
    return convert(dict(request.query_params), shape)


def convert(fields: Mapping[str, Any], shape: type[T]) -> T:
    """Named texts, as a query or a form brings them, as this type."""
    _check(fields)
    try:
        return msgspec.convert(fields, type=shape, strict=False)
    except msgspec.ValidationError as problem:
        raise _bad_field(problem) from problem


def _bad_field(problem: msgspec.ValidationError) -> BadField:
    what, _, where = str(problem).partition(" - at ")
    return BadField(f"{what}.", path=where.strip("`") or "$")


def _check(value: Any) -> None:
    for path, leaf in _leaves(value, "$"):
        if isinstance(leaf, str) and _CONTROL.search(leaf):
            raise BadField("Control signs are not text.", path=path)
        if isinstance(leaf, int) and abs(leaf) > LARGEST:
            raise BadField(f"A whole number is at most {LARGEST}.", path=path)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every key and every value that holds no others, with the path by which msgspec would name it."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield path, key
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{place}]")
    else:
        yield path, value
