"""The HTTP API, version 1: what a shop's own programs see of the hub."""

from __future__ import annotations

from starlette.routing import Route

routes: list[Route] = []
