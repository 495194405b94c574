"""The browser bundle on its way: each file for ever, to every site, as small as the browser takes it."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from agent_ui import assets
from agent_ui.site import Site


@pytest.fixture(name="client")
async def open_client() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(Site(assets.routes, names=["hub.example"]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub.example") as client:
        yield client


@pytest.mark.parametrize("entry", ["console.js", "console.css", "frame.js", "frame.css", "pages.css"])
async def test_a_file_travels_compressed_where_the_browser_takes_that(client: httpx2.AsyncClient, entry: str) -> None:
    small = await client.get(assets.asset(entry), headers={"accept-encoding": "gzip, br"})
    plain = await client.get(assets.asset(entry), headers={"accept-encoding": "identity"})

    assert small.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert small.content == plain.content
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    # Whoever keeps copies for many browsers keeps both.
    assert small.headers["vary"] == plain.headers["vary"] == "accept-encoding"


async def test_a_file_is_kept_for_ever_and_may_be_loaded_from_anywhere(client: httpx2.AsyncClient) -> None:
    answer = await client.get(assets.asset("frame.js"))

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("name", ["manifest.json", "licences.txt", "frame.js", "..%2F..%2Fassets.py"])
async def test_nothing_else_of_the_folder_is_served(client: httpx2.AsyncClient, name: str) -> None:
    assert (await client.get(f"/static/{name}")).status_code == 404
