"""HTML mail in a real browser: it runs nothing, loads nothing from elsewhere unasked, and is shown well."""

import struct
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import models
from hub.clock import Clock
from hub.database import Statement
from hub.ports.channel import Received
from hub.ports.message import AttachmentIn
from tests.agent_ui.pages.conftest import ANA, House, header_tokens, until
from tests.parts.browser import axe
from tests.parts.serving import serving

BODIES = Statement(select(models.bodies.c.remote_images))
UNREADABLE = Statement(select(models.entries.c.id).where(models.entries.c.unreadable))

# Each would call the counter or open a dialog if it did anything at all.
VECTORS = """
<script>alert(1); fetch("URL/script")</script>
<img src=x onerror="alert(1);fetch('URL/onerror')"><svg onload="alert(1)"><script>alert(1)</script></svg>
<svg><image href="URL/svg" /></svg><svg><style>@import url(URL/svgstyle)</style></svg>
<math><mtext><table><mglyph><style><img src onerror=alert(1)></style></mglyph></table></mtext></math>
<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>
<iframe src="URL/iframe"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>
<object data="URL/object"></object><embed src="URL/embed"><applet code="URL/applet"></applet>
<link rel=stylesheet href="URL/link"><link rel=preload as=image href="URL/preload"><link rel=dns-prefetch href=URL>
<style>@import "URL/import"; body{background:url(URL/css)} @font-face{font-family:x;src:url(URL/font)}</style>
<div style="background:url(URL/background)">a</div><div style="background-image:url('URL/bgimage')">b</div>
<div style="background:\\75rl(URL/escaped)">c</div><div style="content:image-set('URL/set')">d</div>
<div style="list-style-image:url(URL/list);cursor:url(URL/cursor),auto;border-image:url(URL/border)">e</div>
<table background="URL/tablebg"><tr><td background="URL/tdbg">f</td></tr></table><body background="URL/bodybg">
<img src="URL/pixel.png" width=1 height=1><img srcset="URL/srcset 1x"><img lowsrc="URL/lowsrc" dynsrc="URL/dynsrc">
<img src="//HOST/schemeless.png"><img src="  \tURL/spaces.png"><img src="cid:nothing"><img src="file:///etc/passwd">
<picture><source srcset="URL/source"><img src="data:text/html,<script>alert(1)</script>"></picture>
<video poster="URL/poster" src="URL/video" autoplay></video><audio src="URL/audio" autoplay></audio>
<input type=image src="URL/inputimage"><button formaction="URL/formaction">g</button>
<form action="URL/form" id=f><input name=a autofocus onfocus="alert(1)"></form>
<meta http-equiv=refresh content="0;url=URL/refresh"><base href="URL/base/"><img src="relative.png">
<a href="javascript:alert(1)" id=js>h</a><a href="JaVa\tScRiPt:alert(1)">i</a><a href="data:x" ping="URL/ping">j</a>
<details open ontoggle=alert(1)>k</details><marquee onstart=alert(1)>l</marquee><p onmouseover=alert(1)>m</p>
</main></body></html><script>alert(1)</script><!--><img src=x onerror=alert(1)>--><textarea><img src=x onerror=alert(1)>
"""


def png(red: int, green: int, blue: int) -> bytes:
    """A picture of one colour that browsers draw."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = zlib.compress(b"".join(b"\0" + bytes((red, green, blue)) * 8 for _ in range(8)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


PICTURE = AttachmentIn(
    filename="dent.png", content_type="image/png", data=png(200, 0, 0), content_id="<dent@keller.example>", inline=True
)


@dataclass
class Elsewhere:
    """A server that is not ours and counts who calls."""

    url: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    referrers: set[str] = field(default_factory=set)

    async def answer(self, request: Request) -> Response:
        self.calls[request.url.path] += 1
        self.referrers.add(request.headers.get("referer", ""))
        return Response(png(0, 200, 0), media_type="image/png")


@pytest.fixture(name="elsewhere")
async def count_calls() -> AsyncIterator[Elsewhere]:
    counter = Elsewhere()
    async with serving(Starlette(routes=[Route("/{path:path}", counter.answer)])) as url:
        counter.url = url
        yield counter


def hostile(elsewhere: Elsewhere) -> str:
    return VECTORS.replace("HOST", elsewhere.url.partition("//")[2]).replace("URL", elsewhere.url)


async def show(house: House, browser: Browser, entry_id: int, remote: int = 0) -> tuple[Page, list[str]]:
    """The mail in a frame of a page of ours, and what went wrong or ran."""
    page = await house.page(browser, ANA)
    seen: list[str] = []
    page.on("dialog", lambda dialog: seen.append(f"dialog {dialog.message}"))
    page.on("requestfailed", lambda request: seen.append(f"failed {request.url} {request.failure}"))
    await page.evaluate(
        """address => new Promise(done => {
            const frame = Object.assign(document.createElement("iframe"), {onload: done, width: 700, height: 500});
            frame.src = address;
            document.body.prepend(frame);
        })""",
        f"/entries/{entry_id}/mail?remote={remote}",
    )
    await page.wait_for_load_state("networkidle")
    return page, seen


async def test_nothing_in_a_hostile_mail_runs_or_loads(house: House, browser: Browser, elsewhere: Elsewhere) -> None:
    await house.administrator()
    taken = await house.receive(html=hostile(elsewhere))

    page, seen = await show(house, browser, taken.entry_id)

    assert [frame.url for frame in page.frames[1:]] == [f"{house.url}/entries/{taken.entry_id}/mail?remote=0"]
    assert seen == []
    assert elsewhere.calls == Counter()


async def test_pictures_from_elsewhere_come_when_asked_for_and_nothing_else_does(
    house: House, browser: Browser, elsewhere: Elsewhere
) -> None:
    await house.administrator()
    taken = await house.receive(html=hostile(elsewhere))

    _, seen = await show(house, browser, taken.entry_id, remote=1)

    assert set(elsewhere.calls) == {"/pixel.png", "/spaces.png"}
    assert elsewhere.referrers == {""}
    assert not any(line.startswith("dialog") for line in seen)


async def test_pictures_inside_a_mail_are_shown_without_a_cookie(house: House, browser: Browser) -> None:
    await house.administrator()
    taken = await house.receive(
        html='<p>See<br><img src="cid:dent@keller.example" width="300" height="200">', files=(PICTURE,)
    )

    page, seen = await show(house, browser, taken.entry_id)

    assert seen == []
    box = await page.locator("iframe").bounding_box()
    assert box
    shot = await page.screenshot(clip={"x": box["x"] + 100, "y": box["y"] + 100, "width": 10, "height": 10})
    assert await colour_of(page, shot) == [200, 0, 0]


async def colour_of(page: Page, shot: bytes) -> list[int]:
    blank = await page.context.new_page()
    colour: list[int] = await blank.evaluate(
        """async bytes => {
            const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], {type: "image/png"}));
            const canvas = new OffscreenCanvas(1, 1).getContext("2d");
            canvas.drawImage(picture, 0, 0);
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
        }""",
        list(shot),
    )
    return colour


async def test_mail_opens_as_a_tab_of_its_own_too(house: House, browser: Browser) -> None:
    await house.administrator()
    taken = await house.receive(html="<p>Good morning</p>")
    page = await house.page(browser, ANA)

    answer = await page.goto(f"{house.url}/entries/{taken.entry_id}/mail")

    assert answer
    assert answer.status == 200
    assert "Good morning" in await answer.text()


async def test_the_page_is_sandboxed_and_ours_alone_to_frame(house: House) -> None:
    await house.administrator()
    taken = await house.receive(html="<p>Good morning</p>")
    async with house.client(house.ana) as client:
        answer = await client.get(f"/entries/{taken.entry_id}/mail")
        remote = await client.get(f"/entries/{taken.entry_id}/mail?remote=1")

    policy = answer.headers["content-security-policy"]
    assert header_tokens(policy, "sandbox") == {"allow-popups", "allow-popups-to-escape-sandbox"}
    assert header_tokens(policy, "default-src") == {"'none'"}
    assert header_tokens(policy, "img-src") == {"'self'", "data:"}
    assert header_tokens(policy, "frame-ancestors") == {"'self'"}
    assert header_tokens(remote.headers["content-security-policy"], "img-src") == {"'self'", "data:", "https:", "http:"}
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_mail_is_for_colleagues_only(house: House) -> None:
    ana = await house.administrator()
    store = await house.colleague(ana, "Theo", "store")
    taken = await house.receive(html="<p>Good morning</p>")
    plain = await house.receive("Only words")
    async with house.client() as stranger, house.client(store) as clerk, house.client(house.ana) as client:
        assert (await stranger.get(f"/entries/{taken.entry_id}/mail")).status_code == 303
        assert (await clerk.get(f"/entries/{taken.entry_id}/mail")).status_code == 403
        assert (await client.get(f"/entries/{plain.entry_id}/mail")).status_code == 404
        assert (await client.get("/entries/999999/mail")).status_code == 404
        assert (await client.get(f"/entries/{2**80}/mail")).status_code == 404


async def test_a_pictures_link_is_for_that_picture_in_that_mail_and_ends(house: House, clock: Clock) -> None:
    await house.administrator()
    html = '<img src="cid:dent@keller.example">'
    one = await house.receive("one", html=html, files=(PICTURE,))
    two = await house.receive("two", html=html, files=(PICTURE,))
    async with house.client(house.ana) as client, house.client() as nobody:
        page = (await client.get(f"/entries/{one.entry_id}/mail")).text
        link = page.partition('src="')[2].partition('"')[0]
        given = await nobody.get(link)

        assert (given.status_code, given.headers["content-type"]) == (200, "image/png")
        assert given.headers["cross-origin-resource-policy"] == "cross-origin"
        assert (await nobody.get(link.replace(f"/{one.entry_id}/", f"/{two.entry_id}/"))).status_code == 404
        assert (await nobody.get(link.partition("?")[0])).status_code == 404
        clock.move_by(timedelta(minutes=11))
        assert (await nobody.get(link)).status_code == 404


async def test_pictures_from_elsewhere_are_counted_as_a_mail_comes_in(house: House) -> None:
    html = '<img src="https://a.example/1"><img src="//a.example/2"><img src="cid:x"><p>Hello'
    taken = await house.receive(html=html)

    entry = await house.hub.db.view(lambda rd: house.hub.snapshot.entry(rd, taken.entry_id))

    assert entry.remote_images == 2
    assert "remote_images" not in entry.details


async def test_they_are_counted_in_mail_from_a_mailbox_too(house: House) -> None:
    await house.administrator()
    await house.hub.accounts.save("post", "email", {"address": "help@feldweg.example"})
    raw = EmailMessage()
    raw["From"], raw["To"], raw["Subject"] = "maria@keller.example", "help@feldweg.example", "Kettle"
    raw.set_content('<p>Hello <img src="https://a.example/1">', subtype="html")
    account = await house.account("post")
    await house.hub.reader.offer(account.id, [Received(provider_id="1", body=raw.as_bytes())])

    (row,) = await until(lambda: house.rows(BODIES))

    assert row.remote_images == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_page_has_no_barriers_of_its_own(house: House, browser: Browser, theme: str, width: int) -> None:
    await house.administrator()
    taken = await house.receive(
        html="<p>Good morning</p><blockquote>On Monday you wrote</blockquote>", subject="The kettle"
    )
    async with house.client(house.ana) as client:
        source = (await client.get(f"/entries/{taken.entry_id}/mail")).text
    # A page without scripts cannot be judged by one, so the same page is judged outside its sandbox.
    page = await house.page(browser, color_scheme=theme, viewport={"width": width, "height": 400})
    await page.set_content(source)

    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(
    ("html", "scheme"),
    [
        ("<p>Plain words</p>", "light dark"),
        ('<p style="color:#333">Grey words</p>', "light"),
        ('<table bgcolor="#ffffff"><tr><td>x</td></tr></table>', "light"),
        ('<font color="red">x</font>', "light"),
    ],
)
async def test_a_mail_with_colours_of_its_own_stays_on_light_ground(house: House, html: str, scheme: str) -> None:
    await house.administrator()
    taken = await house.receive(html=html)
    async with house.client(house.ana) as client:
        page = (await client.get(f"/entries/{taken.entry_id}/mail")).text

    assert f'<meta name="color-scheme" content="{scheme}">' in page


# --- as it came -------------------------------------------------------------------------------------------------


async def test_supervisors_save_a_message_as_it_came_and_it_is_written_down(house: House) -> None:
    ana = await house.administrator()
    agent = await house.colleague(ana, "Ben", "agent")
    taken = await house.receive("Is it there?")
    async with house.client(house.ana) as client, house.client(agent) as other:
        given = await client.get(f"/entries/{taken.entry_id}/raw")
        refused = await other.get(f"/entries/{taken.entry_id}/raw")
        missing = await client.get("/entries/999999/raw")

    assert given.content == b"Is it there?"
    assert given.headers["content-type"] == "application/octet-stream"
    assert given.headers["content-disposition"].startswith("attachment;")
    assert (refused.status_code, missing.status_code) == (403, 404)
    assert ("original_read", f"entry:{taken.entry_id}") in await house.audited()


async def test_everybody_saves_what_could_not_be_read(house: House) -> None:
    agent = await house.colleague(await house.administrator(), "Ben", "agent")
    await house.hub.accounts.save("post", "email", {"address": "help@feldweg.example"})
    raw = b"Subject: nobody sent this\r\n\r\nHello"
    await house.hub.reader.offer((await house.account("post")).id, [Received(provider_id="1", body=raw)])

    (row,) = await until(lambda: house.rows(UNREADABLE))
    async with house.client(agent) as client:
        given = await client.get(f"/entries/{row.id}/raw")

    assert given.content == raw
