"""Serves the browser bundle. Each file carries its content's hash in its name, so that it may be kept for ever."""

from __future__ import annotations

import gzip
import json
import mimetypes
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.errors import NotFound, Unavailable


class NoBundle(Unavailable):
    """The browser bundle was not made. Run `make bundle`."""

    code = "no_bundle"


def dist() -> Traversable:
    return files("agent_ui") / "static" / "dist"


@cache
def manifest() -> dict[str, str]:
    """The name under which each entry of the bundle is served."""
    try:
        names: dict[str, str] = json.loads((dist() / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoBundle from None
    return names


def asset(name: str) -> str:
    """The address of an entry of the bundle."""
    return f"/static/{manifest()[name]}"


async def serve(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in manifest().values():
        raise NotFound
    return asset_response(request, name, {"cache-control": "public, max-age=31536000, immutable"})


def asset_response(request: Request, name: str, headers: dict[str, str]) -> Response:
    """A file of the bundle for every site, compressed where the browser takes that."""
    headers = {"cross-origin-resource-policy": "cross-origin", "vary": "accept-encoding"} | headers
    compressed = "gzip" in request.headers.get("accept-encoding", "")
    if compressed:
        headers["content-encoding"] = "gzip"
    return Response(_content(name, compressed), media_type=mimetypes.guess_type(name)[0], headers=headers)


@cache
def _content(name: str, compressed: bool) -> bytes:
    content = (dist() / name).read_bytes()
    return gzip.compress(content, 9) if compressed else content


routes = [Route("/static/{name}", serve)]
