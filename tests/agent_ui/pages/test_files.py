"""Files of colleagues: streamed in, given back to whoever may read, and never shown beyond safe pictures."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from agent_ui.downloads import disposition
from tests.agent_ui.pages.conftest import ANA, House
from tests.agent_ui.pages.test_mail import png

ANYTHING = {"accept": "*/*"}


async def send(house: House, name: str, content: bytes, content_type: str = "") -> dict[str, object]:
    async with house.client(house.ana, **ANYTHING) as client:
        headers = {"content-type": content_type} if content_type else {}
        answer = await client.post("/console/attachments", params={"name": name}, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    stored: dict[str, object] = answer.json()
    return stored


async def test_a_file_comes_back_as_it_was_sent(house: House) -> None:
    await house.administrator()

    stored = await send(house, "Maß (neu).pdf", b"%PDF-1.7 ...", "application/pdf; x=y")
    async with house.client(house.ana) as client:
        given = await client.get(f"/attachments/{stored['id']}")

    assert stored == {
        "id": stored["id"],
        "filename": "Maß (neu).pdf",
        "content_type": "application/pdf",
        "size": 12,
        "image": False,
    }
    assert given.content == b"%PDF-1.7 ..."
    assert given.headers["content-type"] == "application/octet-stream"
    assert given.headers["content-disposition"] == (
        "attachment; filename=\"Ma_ (neu).pdf\"; filename*=UTF-8''Ma%C3%9F%20%28neu%29.pdf"
    )
    assert given.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert given.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.svg", "image/svg+xml"),
        ("a.svg", "IMAGE/SVG+XML; x"),
        ("a.html", "text/html"),
        ("a.xhtml", "application/xhtml+xml"),
        ("a.xml", "text/xml"),
        ("a.pdf", "application/pdf"),
        ("a.png", "image/png"),
        ("a", ""),
        ("a", 'x/y"; z'),
    ],
)
async def test_whatever_it_says_it_is_only_a_real_picture_is_shown(house: House, name: str, content_type: str) -> None:
    await house.administrator()

    stored = await send(house, name, b"<svg onload=alert(1)>", content_type)
    async with house.client(house.ana) as client:
        given = await client.get(f"/attachments/{stored['id']}")

    assert stored["image"] is False
    assert given.headers["content-type"] == "application/octet-stream"
    assert given.headers["content-disposition"].startswith("attachment;")


async def test_a_picture_opens_in_a_tab_of_its_own(house: House, browser: Browser) -> None:
    await house.administrator()
    stored = await send(house, "dent.png", png(200, 0, 0) + b"<script>alert(1)</script>", "text/html")
    page = await house.page(browser, ANA)

    answer = await page.goto(f"{house.url}/attachments/{stored['id']}")

    assert stored["image"] is True
    assert answer
    assert answer.headers["content-type"] == "image/png"
    assert await page.evaluate("document.images[0].naturalWidth") == 8


async def test_files_are_for_colleagues_who_may_read_conversations(house: House) -> None:
    store = await house.colleague(await house.administrator(), "Theo", "store")
    stored = await send(house, "a.txt", b"x")
    async with house.client(**ANYTHING) as nobody, house.client(store, **ANYTHING) as clerk:
        assert (await nobody.get(f"/attachments/{stored['id']}")).status_code == 401
        assert (await clerk.get(f"/attachments/{stored['id']}")).status_code == 403
        assert (await nobody.post("/console/attachments?name=a", content=b"x")).status_code == 401
        assert (await clerk.post("/console/attachments?name=a", content=b"x")).status_code == 403


async def test_other_sites_cannot_send_files_with_a_colleagues_session(house: House) -> None:
    await house.administrator()
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        async with house.client(house.ana, **ANYTHING, **headers) as client:
            assert (await client.post("/console/attachments?name=a", content=b"x")).status_code == 403


async def test_too_large_empty_and_unknown_files_are_refused(house: House) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(27):
            yield bytes(1_000_000)

    await house.administrator()
    async with house.client(house.ana, **ANYTHING) as client:
        assert (await client.post("/console/attachments?name=film.mov", content=endless())).status_code == 413
        assert (await client.post("/console/attachments?name=a", content=b"")).status_code == 422
        assert (await client.post("/console/attachments", params={"name": "x" * 1001}, content=b"x")).status_code == 422
        assert (await client.get("/attachments/999999")).status_code == 404
        assert (await client.get(f"/attachments/{2**64}")).status_code == 404
        assert (await client.get("/attachments/x")).status_code == 404
    assert not list((house.hub.settings.data / "files").glob("upload-*"))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\r\nSet-Cookie: x=y", 'a"; filename="b.exe', "\u202egnp.exe", "x" * 300, "", "."]
)
async def test_names_become_neither_paths_nor_headers(house: House, name: str) -> None:
    await house.administrator()
    stored = await send(house, name, b"x")
    async with house.client(house.ana) as client:
        given = await client.get(f"/attachments/{stored['id']}")

    assert not set('/\\"\r\n\u202e') & set(str(stored["filename"]))
    assert 1 <= len(str(stored["filename"])) <= 200
    assert given.status_code == 200


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.txt", "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt"),
        ("日本.txt", "attachment; filename=\"__.txt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt"),
        ('a"b\\c%41.txt', "attachment; filename=\"a_b_c_41.txt\"; filename*=UTF-8''a%22b%5Cc%2541.txt"),
        ("a\r\nb", "attachment; filename=\"a__b\"; filename*=UTF-8''a%0D%0Ab"),
    ],
)
def test_names_in_headers_are_plain_for_old_programs_and_exact_for_others(name: str, header: str) -> None:
    assert disposition(name) == header
