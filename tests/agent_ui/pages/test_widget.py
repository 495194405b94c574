"""The launcher, the page it holds and the files of a chat, over real connections and in a real browser."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from agent_ui.widget_account import origin_of
from hub.clock import Clock
from tests.agent_ui.pages.conftest import House, header_tokens
from tests.parts.serving import serving

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
OPEN_SHADOW = (
    "const attach = Element.prototype.attachShadow;"
    "Element.prototype.attachShadow = function (options) { return attach.call(this, { ...options, mode: 'open' }) }"
)


async def set_web(house: House, **settings: str) -> None:
    await house.hub.accounts.save("web", "webchat", settings)


async def visitor(house: House) -> tuple[int, str]:
    """A browser that has opened the chat: its visitor and token."""
    return await house.hub.visitors.begin(await house.account("web"))


def frame_policy(answer: httpx2.Response) -> set[str]:
    return header_tokens(answer.headers["content-security-policy"], "frame-ancestors")


# --- the launcher -----------------------------------------------------------------------------------------------


async def test_the_launcher_may_be_loaded_from_anywhere_and_is_asked_for_again_soon(house: House) -> None:
    async with house.client() as client:
        first = await client.get("/widget.js")
        again = await client.get("/widget.js", headers={"if-none-match": first.headers["etag"]})

    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert first.headers["cache-control"].startswith("public, max-age=300")
    assert b"/widget/frame" in first.content
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_the_launcher_travels_in_3_kb_and_is_the_same_script_for_who_takes_it_plain(house: House) -> None:
    async with house.client() as client:
        small = await client.get("/widget.js", headers={"accept-encoding": "gzip"})
        plain = await client.get("/widget.js", headers={"accept-encoding": "identity"})

    assert (small.headers["content-encoding"], small.content) == ("gzip", plain.content)
    assert int(small.headers["content-length"]) <= 3_000
    assert "content-encoding" not in plain.headers


# --- the page ---------------------------------------------------------------------------------------------------


async def test_a_page_that_names_no_account_gets_the_one_that_is_there_from_the_start(house: House) -> None:
    async with house.client() as client:
        answers = [await client.get(f"/widget/frame{asked}") for asked in ("", "?account=", "?account=web")]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert all('"name": "web"' in answer.text for answer in answers)


async def test_every_site_may_hold_a_chat_whose_account_names_none(house: House) -> None:
    async with house.client() as client:
        answer = await client.get("/widget/frame?account=web&language=en")

    assert {"https:", "http:"} <= frame_policy(answer)
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_only_named_sites_our_own_and_the_builders_machine_may_hold_it(house: House) -> None:
    await set_web(house, origins="https://Feldweg.example/shop, https://bücher.example:8443 nonsense javascript:x ;*")
    async with house.client() as client:
        answer = await client.get("/widget/frame?account=web&language=en")

    assert frame_policy(answer) == {
        house.url,
        "http://localhost:*",
        "https://localhost:*",
        "http://127.0.0.1:*",
        "https://127.0.0.1:*",
        "https://feldweg.example",
        "https://xn--bcher-kva.example:8443",
    }


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://feldweg.example", "https://feldweg.example"),
        ("https://feldweg.example:443/", "https://feldweg.example"),
        ("HTTP://Feldweg.example:8080/a?b#c", "http://feldweg.example:8080"),
        ("feldweg.example", ""),
        ("https://", ""),
        ("https://a;script-src *", ""),
        ("https://*", ""),
        ("https://feldweg.example:99999", ""),
        ("ftp://feldweg.example", ""),
        ("https://[::1", ""),
    ],
)
def test_origins_are_read_as_browsers_write_them(written: str, origin: str) -> None:
    assert origin_of(written) == origin


async def test_the_page_tells_the_shops_name_colours_and_language(house: House) -> None:
    await set_web(house, accent="#123456", logo_text="Feldweg", radius="4")
    async with house.client(**{"accept-language": "de"}) as client:
        english = await client.get("/widget/frame?account=web&language=en-GB")
        german = await client.get("/widget/frame?account=web")
        await set_web(house, language="en")
        fixed = await client.get("/widget/frame?account=web&language=de")

    assert '<html lang="en">' in english.text
    assert '<html lang="de">' in german.text
    assert '<html lang="en">' in fixed.text
    assert '"accent": "#123456"' in english.text
    assert '"label": "Feldweg"' in english.text
    assert '"radius": 4' in english.text


async def test_settings_tell_no_secret_and_break_out_of_nothing(house: House) -> None:
    await set_web(house, logo_text="</script><script>alert(1)</script>", identity_secret="s" * 40)
    async with house.client() as client:
        page = (await client.get("/widget/frame?account=web&language=en")).text

    assert "<script>alert(1)" not in page
    assert "s" * 40 not in page


@pytest.mark.parametrize("account", ["nothing", "api", "phone", "%00", "x" * 499])
async def test_an_account_that_has_no_chat_is_said_to_have_none(house: House, account: str) -> None:
    async with house.client() as client:
        answer = await client.get(f"/widget/frame?account={account}")

    assert answer.status_code in {404, 422}
    assert "</html>" in answer.text
    assert frame_policy(answer) >= ({"https:"} if answer.status_code == 404 else set())


async def test_a_visitor_chats_from_a_shops_page_through_the_real_hub(house: House, browser: Browser) -> None:
    def shop(request: Request) -> Response:
        line = f'<script src="{house.url}/widget.js" data-account="web" async></script>'
        return HTMLResponse(f"<!doctype html><html lang=en><title>Feldweg</title><main><h1>Kettle</h1></main>{line}")

    await set_web(house, origins="https://feldweg.example")
    async with serving(Starlette(routes=[Route("/", shop)])) as shop_url:
        page = await house.page(browser)
        await page.add_init_script(OPEN_SHADOW)
        await page.goto(shop_url.replace("127.0.0.1", "localhost"))
        await page.get_by_role("button", name="Help").click()
        frame = page.frame_locator("iframe")
        await frame.get_by_role("button", name="Write a message").click()
        await frame.get_by_role("textbox", name="Message").fill("Is the kettle there?")
        await frame.get_by_role("button", name="Send").click()

        await expect(frame.get_by_text("Is the kettle there?")).to_be_visible()
        await expect(frame.get_by_text("Delivered")).to_be_visible()


async def test_a_site_that_is_not_named_cannot_hold_the_chat(house: House, browser: Browser) -> None:
    def site(request: Request) -> Response:
        return HTMLResponse(f'<!doctype html><iframe src="{house.url}/widget/frame?account=web&language=en"></iframe>')

    await set_web(house, origins="https://feldweg.example")
    async with serving(Starlette(routes=[Route("/", site)])) as url:
        page = await house.page(browser)
        # Names that end in .localhost are this machine, and are not the builder's "localhost".
        await page.goto(url.replace("127.0.0.1", "evil.localhost"))

        assert all(not frame.url.startswith(house.url) for frame in page.frames)


async def test_the_page_for_an_unknown_account_shows_in_a_frame(house: House, browser: Browser) -> None:
    def site(request: Request) -> Response:
        return HTMLResponse(f'<!doctype html><iframe src="{house.url}/widget/frame?account=no"></iframe>')

    async with serving(Starlette(routes=[Route("/", site)])) as url:
        page = await house.page(browser)
        await page.goto(url.replace("127.0.0.1", "shop.localhost"))

        await expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text("There is no chat here")


# --- files ------------------------------------------------------------------------------------------------------


async def send_file(
    client: httpx2.AsyncClient, token: str, name: str, content: bytes, **headers: str
) -> httpx2.Response:
    return await client.post(
        "/widget/attachments",
        params={"name": name},
        content=content,
        headers={"authorization": f"Bearer {token}", "accept": "*/*", **headers},
    )


async def test_a_picture_travels_with_a_message_and_is_shown_by_its_signed_link(house: House) -> None:
    visitor_id, token = await visitor(house)
    async with house.client() as client:
        stored = await send_file(client, token, "../dent\u202e.png", PNG, **{"content-type": "image/svg+xml"})
        file = stored.json()
        message = await house.hub.visitors.say(visitor_id, await house.account("web"), "", (int(file["id"]),), "k1")
        shown = await client.get(message.attachments[0].url)
        also = await client.get(file["url"])

    assert stored.status_code == 200
    assert file | {"url": ""} == {
        "id": file["id"],
        "filename": "dent.png",
        "content_type": "image/png",
        "size": len(PNG),
        "image": True,
        "url": "",
    }
    assert shown.content == also.content == PNG
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"].startswith("inline;")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    ("name", "content_type", "content"),
    [
        ("page.html", "text/html", b"<script>alert(1)</script>"),
        ("picture.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("picture.png", "image/png", b"<script>alert(1)</script>"),
        ("letter.pdf", "application/pdf", b"%PDF-1.7"),
        ("x", "nonsense; charset=\"'", b"x"),
    ],
)
async def test_whatever_is_no_safe_picture_can_only_be_saved(
    house: House, name: str, content_type: str, content: bytes
) -> None:
    _, token = await visitor(house)
    async with house.client() as client:
        file = (await send_file(client, token, name, content, **{"content-type": content_type})).json()
        given = await client.get(file["url"])

    assert file["image"] is False
    assert given.headers["content-type"] == "application/octet-stream"
    assert given.headers["content-disposition"].startswith("attachment;")
    assert given.content == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("setup.exe", b"x"),
        ("setup.EXE ", b"x"),
        ("setup.exe.", b"x"),
        ("setup.e\u200bxe", b"x"),
        ("letter.pdf", b"MZ\x90\x00"),
        ("notes.txt", b"#!/bin/sh\n"),
        ("picture.png", b"\x7fELF\x02"),
    ],
)
async def test_programs_are_refused_by_name_and_by_what_they_are(house: House, name: str, content: bytes) -> None:
    _, token = await visitor(house)
    async with house.client() as client:
        answer = await send_file(client, token, name, content)

    assert (answer.status_code, answer.json()["code"]) == (415, "program")


async def test_files_are_at_most_25_megabytes_and_never_empty(house: House) -> None:
    async def endless() -> Any:
        for _ in range(27):
            yield bytes(1_000_000)

    _, token = await visitor(house)
    bearer = {"authorization": f"Bearer {token}"}
    async with house.client() as client:
        large = await client.post("/widget/attachments?name=film.mov", content=endless(), headers=bearer)
        empty = await send_file(client, token, "nothing.txt", b"")
        fits = await send_file(client, token, "film.mov", bytes(25_000_000))

    assert large.status_code == 413
    assert empty.status_code == 422
    assert (fits.status_code, fits.json()["size"]) == (200, 25_000_000)
    assert not list((house.hub.settings.data / "files").glob("upload-*"))


async def test_only_a_visitor_sends_files_and_not_too_many(house: House) -> None:
    _, token = await visitor(house)
    async with house.client() as client:
        nobody = await client.post("/widget/attachments?name=a.txt", content=b"x")
        wrong = await send_file(client, "no-such-token", "a.txt", b"x")
        answers = [(await send_file(client, token, "a.txt", b"x")).status_code for _ in range(61)]

    assert (nobody.status_code, wrong.status_code) == (401, 401)
    assert answers == [*[200] * 60, 429]


async def test_a_link_opens_its_own_file_only_and_not_for_ever(house: House, clock: Clock) -> None:
    _, token = await visitor(house)
    async with house.client() as client:
        one = (await send_file(client, token, "a.txt", b"one")).json()
        two = (await send_file(client, token, "b.txt", b"two")).json()
        key = one["url"].partition("key=")[2]

        assert (await client.get(one["url"])).content == b"one"
        assert (await client.get(f"/widget/attachments/{two['id']}?key={key}")).status_code == 404
        assert (await client.get(f"/widget/attachments/{one['id']}")).status_code == 404
        assert (await client.get(f"/widget/attachments/{one['id']}?key={key[:-2]}AA")).status_code == 404
        assert (await client.get(f"/widget/attachments/{2**70}?key={key}")).status_code == 404
        clock.move_by(timedelta(hours=13))
        assert (await client.get(one["url"])).status_code == 404
