"""A small application behind the guards, and two ways to ask it: as a client does, and byte by byte."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx2
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from agent_ui.cookies import SESSION
from agent_ui.origins import check_origin, is_private
from agent_ui.site import Site

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
    check_origin(socket.scope, ["https://shop.example"])
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
    return Site(routes, **options)


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
