"""The connectors' one HTTP client: bounded times, no redirects followed with a body, a name of its own."""

from __future__ import annotations

import httpx2

TIMEOUT = httpx2.Timeout(20.0, connect=5.0)


def client() -> httpx2.AsyncClient:
    """A client for one conversation with somebody else's system."""
    return httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, headers={"user-agent": "Onethread"})
