"""The door as people meet it: over real connections, and once in a real browser with and without scripts."""

import asyncio
import email
import email.policy
import re
import shutil
import statistics
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, Page, expect

from agent_ui.app import create_app
from agent_ui.cookies import SESSION
from agent_ui.forms import safe_next
from connectors.found import channels
from hub.bootstrap import Hub, build
from hub.clock import Clock
from hub.config import Settings
from tests.parts.browser import axe
from tests.parts.serving import serving
from tests.parts.smtp import MailServer

EMAIL = "ana@feldweg.example"
PASSWORD = "three kettles boil at noon"
OTHER = "a spoon of sugar each"
PAGE = {"accept": "text/html"}


@pytest.fixture(name="hub")
async def start_hub(sqlite_template: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Hub]:
    shutil.copyfile(sqlite_template, tmp_path / "onethread.db")
    hub = await build(Settings(data=tmp_path), channels(), {}, clock)
    await hub.start()
    yield hub
    await hub.stop()
    hub.passwords.stop()


@pytest.fixture(name="url")
async def serve_hub(hub: Hub) -> AsyncIterator[str]:
    async with serving(create_app(hub)) as url:
        yield url


@pytest.fixture(name="ana")
async def add_administrator(hub: Hub) -> int:
    """The administrator, who has chosen a password."""
    link = await hub.agents.first_link()
    assert link is not None
    signed_in = await hub.agents.accept(link.path.rsplit("/", 1)[1], PASSWORD, name="Ana Ruiz", email=EMAIL)
    return signed_in.agent_id


@pytest.fixture(name="client")
async def open_client(url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser as far as HTTP goes: it keeps cookies and says where it comes from."""
    headers = {**PAGE, "sec-fetch-site": "same-origin", "user-agent": "Mozilla/5.0 (X11; Linux) Firefox/120.0"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        yield client


async def sign_in(client: httpx2.AsyncClient, password: str = PASSWORD, **fields: str) -> httpx2.Response:
    """Posts the form. Cookies are kept by hand: a cookie jar for programs keeps no secure ones over http."""
    answer = await client.post("/signin", data={"email": EMAIL, "password": password, **fields})
    if cookie := cookie_of(answer):
        client.headers["cookie"] = f"{SESSION}={cookie}"
    return answer


def cookie_of(answer: httpx2.Response) -> str:
    match = re.match(rf"{SESSION}=([^;]+);", answer.headers.get("set-cookie", ""))
    return match[1] if match else ""


def csrf_of(page: str) -> str:
    match = re.search(r'name="csrf" value="([^"]+)"', page)
    assert match
    return match[1]


# --- signing in and out -----------------------------------------------------------------------------------------


async def test_a_stranger_is_led_to_the_door(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/account")

    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=/account")
    assert (await client.get("/")).headers["location"] == "/signin"


async def test_the_cookie_is_ours_alone_hidden_and_private(client: httpx2.AsyncClient, ana: int) -> None:
    answer = await sign_in(client)

    attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes
    assert not any(attribute.startswith("domain") for attribute in attributes)
    assert len(cookie_of(answer)) == 43


async def test_after_signing_in_one_goes_on_where_one_wanted_to_go(client: httpx2.AsyncClient, ana: int) -> None:
    assert (await sign_in(client, next="/account")).headers["location"] == "/account"
    assert (await client.get("/signin?next=/account")).headers["location"] == "/account"
    assert (await client.get("/account")).status_code == 200


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "evil",
        "/\t/evil.example",
        "",
        "\\\\evil",
    ],
)
async def test_nobody_is_led_to_another_site(client: httpx2.AsyncClient, ana: int, evil: str) -> None:
    assert safe_next(evil) == "/"
    answer = await sign_in(client, next=evil)
    assert answer.status_code in {303, 422}
    assert answer.headers.get("location", "/") == "/"


async def test_a_wrong_password_keeps_the_address_and_says_so(client: httpx2.AsyncClient, ana: int) -> None:
    answer = await sign_in(client, "wrong password here")

    assert answer.status_code == 401
    assert "E-mail or password is wrong." in answer.text
    assert f'value="{EMAIL}"' in answer.text
    assert "wrong password here" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_too_many_tries_get_429_and_the_time_to_wait(client: httpx2.AsyncClient, ana: int) -> None:
    for _ in range(5):
        await sign_in(client, "wrong password here")

    answer = await sign_in(client)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 5
    assert "Too many tries." in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_crowd_at_the_door_does_not_stall_the_hub(client: httpx2.AsyncClient, hub: Hub, ana: int) -> None:
    async def knock(n: int) -> int:
        try:
            await hub.sessions.sign_in(f"nobody{n}@x.example", "wrong password", address=f"10.0.{n // 256}.{n % 256}")
        except Exception as refusal:
            return int(getattr(refusal, "status", 500))
        return 200

    crowd = asyncio.gather(*(knock(n) for n in range(300)))
    longest = 0.0
    while not crowd.done():
        started = time.perf_counter()
        assert (await client.get("/signin")).status_code == 200
        longest = max(longest, time.perf_counter() - started)

    assert set(crowd.result()) == {401, 429}
    assert longest < 1


async def test_plain_http_over_the_network_refuses_to_sign_in_and_says_why(
    client: httpx2.AsyncClient, ana: int
) -> None:
    client.headers["host"] = "192.0.2.7:8000"

    for answer in (await client.get("/signin"), await sign_in(client), await client.get("/forgotten")):
        assert answer.status_code == 403
        assert "This connection is not private" in answer.text
        assert "set-cookie" not in answer.headers


async def test_signing_out_needs_the_token_of_the_page_and_ends_the_session(
    client: httpx2.AsyncClient, ana: int
) -> None:
    await sign_in(client)
    csrf = csrf_of((await client.get("/account")).text)

    refused = await client.post("/signout", data={"csrf": "made up"})
    out = await client.post("/signout", data={"csrf": csrf})

    assert refused.status_code == 403
    assert "This page is too old" in refused.text
    assert (out.status_code, out.headers["location"]) == (303, "/signin?out")
    assert out.headers["clear-site-data"] == '"storage"'
    assert "max-age=0" in out.headers["set-cookie"].lower()
    assert (await client.get("/account")).headers["location"].startswith("/signin")
    assert (await client.post("/signout", data={"csrf": csrf})).status_code == 303


async def test_a_foreign_page_cannot_sign_anybody_in_or_out(client: httpx2.AsyncClient, ana: int) -> None:
    await sign_in(client)
    csrf = csrf_of((await client.get("/account")).text)
    client.headers["sec-fetch-site"] = "cross-site"

    assert (await client.post("/signout", data={"csrf": csrf})).status_code == 403
    assert (await client.post("/signin", data={"email": EMAIL, "password": PASSWORD})).status_code == 403
    assert (await client.get("/account")).status_code == 200


async def test_who_was_signed_out_by_time_reads_when_and_that_drafts_are_kept(
    client: httpx2.AsyncClient, ana: int, clock: Clock
) -> None:
    await sign_in(client)
    clock.move_by(timedelta(hours=13))

    answer = await client.get("/signin")

    assert answer.status_code == 200
    assert "You were signed out at" in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "a" * 300, "password": "x"},
        {"email": EMAIL, "password": "x" * 2000},
        {"email": "a\0b", "password": "x"},
        {f"field{n}": "x" for n in range(50)},
        {},
    ],
    ids=["long-email", "long-password", "nul", "fields", "empty"],
)
async def test_nonsense_in_the_form_is_refused_and_harms_nobody(
    client: httpx2.AsyncClient, ana: int, fields: dict[str, str]
) -> None:
    answer = await client.post("/signin", data=fields)

    assert 400 <= answer.status_code < 500
    assert (await sign_in(client)).status_code == 303


# --- links ------------------------------------------------------------------------------------------------------


async def test_the_first_administrator_sets_up_their_account(client: httpx2.AsyncClient, hub: Hub) -> None:
    link = await hub.agents.first_link()
    assert link is not None
    fields = {"name": "Ana Ruiz", "email": EMAIL, "password": PASSWORD}

    page = await client.get(link.path)
    weak = await client.post(link.path, data=fields | {"password": "password1234"})
    done = await client.post(link.path, data=fields)
    again = await client.get(link.path)

    assert "first administrator" in page.text
    assert weak.status_code == 422
    assert 'value="Ana Ruiz"' in weak.text
    assert "tried first" in weak.text
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert cookie_of(done)
    assert again.status_code == 410
    assert "This link no longer works" in again.text


async def test_a_colleague_comes_in_by_an_invitation(client: httpx2.AsyncClient, hub: Hub, ana: int) -> None:
    invited = await hub.agents.invite(None, name="Ben <Krause>", email="ben@feldweg.example", role="agent")

    page = await client.get(invited.link.path)
    done = await client.post(invited.link.path, data={"password": OTHER})

    assert "Welcome, Ben &lt;Krause&gt;" in page.text
    assert done.status_code == 303


async def test_a_forgotten_password_gets_the_same_answer_for_everybody(
    client: httpx2.AsyncClient, hub: Hub, ana: int, outgoing_mail: MailServer
) -> None:
    settings = {"address": "service@feldweg.example", "smtp_host": outgoing_mail.host, "smtp_security": "none"}
    await hub.accounts.save("mailbox", "email", settings | {"smtp_port": str(outgoing_mail.port)})

    known = await client.post("/forgotten", data={"email": EMAIL})
    unknown = await client.post("/forgotten", data={"email": "eve@feldweg.example"})
    nonsense = await client.post("/forgotten", data={"email": "nobody"})

    assert known.status_code == unknown.status_code == nonsense.status_code == 200
    assert without_nonce(known).replace(EMAIL, "") == without_nonce(unknown).replace("eve@feldweg.example", "")
    (mail,) = await outgoing_mail.wait_for(1)
    link = re.search(r"/reset/\S+", plain_text(mail.raw))
    assert mail.recipients == (EMAIL,)
    assert link
    assert (await client.post(link[0], data={"password": OTHER})).status_code == 303
    assert (await sign_in(client, OTHER)).status_code == 303
    assert len(outgoing_mail.mails) == 1


async def test_a_forgotten_password_takes_the_same_time_for_everybody(
    client: httpx2.AsyncClient, hub: Hub, ana: int
) -> None:
    times: dict[str, list[float]] = {EMAIL: [], "eve@feldweg.example": []}
    for _ in range(9):
        for address, taken in times.items():
            started = time.perf_counter()
            await client.post("/forgotten", data={"email": address})
            taken.append(time.perf_counter() - started)

    known, unknown = (statistics.median(taken) for taken in times.values())

    assert abs(known - unknown) < 0.05


def plain_text(raw: bytes) -> str:
    part = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
    assert part
    return str(part.get_content())


def without_nonce(answer: httpx2.Response) -> str:
    return re.sub(r'nonce="[^"]+"', "", answer.text)


# --- the account ------------------------------------------------------------------------------------------------


async def test_a_new_password_ends_the_other_sessions(client: httpx2.AsyncClient, hub: Hub, ana: int) -> None:
    await sign_in(client)
    elsewhere = await hub.sessions.sign_in(EMAIL, PASSWORD, address="192.0.2.9", browser="Safari, iPhone")
    page = await client.get("/account")
    csrf = csrf_of(page.text)

    wrong = await client.post("/account/password", data={"csrf": csrf, "old": "no", "new": OTHER})
    weak = await client.post("/account/password", data={"csrf": csrf, "old": PASSWORD, "new": "short"})
    forged = await client.post("/account/password", data={"csrf": "", "old": PASSWORD, "new": OTHER})
    done = await client.post("/account/password", data={"csrf": csrf, "old": PASSWORD, "new": OTHER})

    assert "Safari, iPhone" in page.text
    assert "Firefox, Linux" in page.text
    assert (wrong.status_code, weak.status_code, forged.status_code) == (401, 422, 403)
    assert "This is not your current password." in wrong.text
    assert "At least 12 characters." in weak.text
    assert done.headers["location"] == "/account?done=password"
    with pytest.raises(Exception, match="signed out"):
        await hub.sessions.session_of(elsewhere.secret)
    assert "Your password is changed." in (await client.get("/account?done=password")).text


async def test_sessions_elsewhere_are_ended_from_here(client: httpx2.AsyncClient, hub: Hub, ana: int) -> None:
    await sign_in(client)
    for browser in ("Safari, iPhone", "Edge, Windows"):
        await hub.sessions.sign_in(EMAIL, PASSWORD, address="192.0.2.9", browser=browser)
    page = (await client.get("/account")).text
    csrf, handle = csrf_of(page), re.findall(r'name="handle" value="([^"]+)"', page)[0]

    one = await client.post("/account/sessions", data={"csrf": csrf, "handle": handle})
    unknown = await client.post("/account/sessions", data={"csrf": csrf, "handle": "0" * 16})
    rest = await client.post("/account/sessions", data={"csrf": csrf})

    assert one.headers["location"] == "/account?done=session"
    assert unknown.headers["location"] == "/account"
    assert rest.headers["location"] == "/account?done=sessions"
    assert (await client.get("/account")).text.count('name="handle"') == 0


async def test_pages_of_a_session_are_kept_nowhere(client: httpx2.AsyncClient, ana: int) -> None:
    await sign_in(client)

    assert (await client.get("/account")).headers["cache-control"] == "no-store"


# --- in a browser -----------------------------------------------------------------------------------------------

LOOKS: list[dict[str, Any]] = [
    {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    for theme in ("light", "dark")
    for width in (360, 1440)
]


async def fill_and_send(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        await page.fill(f"#{name}", value)
    await page.click("button.primary")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_the_whole_way_in_and_out_in_a_browser(browser: Browser, hub: Hub, url: str, scripts: bool) -> None:
    link = await hub.agents.first_link()
    assert link is not None
    complaints: list[str] = []
    page = await (await browser.new_context(java_script_enabled=scripts, locale="en-GB")).new_page()
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)

    await page.goto(url + link.path)
    await fill_and_send(page, name="Ana Ruiz", email=EMAIL, password=PASSWORD)
    await page.goto(f"{url}/account")
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(page.get_by_text("You are signed out.")).to_be_visible()
    await fill_and_send(page, email=EMAIL, password="wrong password here")
    await expect(page.get_by_role("alert")).to_contain_text("E-mail or password is wrong.")
    await fill_and_send(page, password=PASSWORD)
    await page.goto(f"{url}/account")

    await expect(page.get_by_text("this browser")).to_be_visible()
    cookies = await page.context.cookies()
    assert [(cookie["name"], cookie["httpOnly"], cookie["secure"]) for cookie in cookies] == [(SESSION, True, True)]
    assert complaints == []


async def test_the_password_is_shown_on_demand(browser: Browser, url: str) -> None:
    page = await (await browser.new_context(locale="en-GB")).new_page()
    await page.goto(f"{url}/signin")
    await page.fill("#password", PASSWORD)

    await page.get_by_role("button", name="Show password").click()

    await expect(page.locator("#password")).to_have_attribute("type", "text")
    await expect(page.locator("#password")).to_have_value(PASSWORD)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look['color_scheme']}-{look['viewport']['width']}")
async def test_every_page_can_be_used_by_everybody(
    browser: Browser, hub: Hub, url: str, ana: int, look: dict[str, Any]
) -> None:
    invited = await hub.agents.invite(None, name="Ben", email="ben@feldweg.example", role="agent")
    await hub.sessions.sign_in(EMAIL, PASSWORD, address="192.0.2.9", browser="Safari, iPhone")
    page = await (await browser.new_context(**look)).new_page()

    for path in ("/forgotten", invited.link.path, "/nowhere", "/reset/spent", "/signin?out"):
        await check(page, url + path)
    await fill_and_send(page, email=EMAIL, password=PASSWORD)
    await check(page, f"{url}/account?done=password")


async def check(page: Page, address: str) -> None:
    await page.goto(address)
    assert await axe(page) == [], address
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
