"""The shop's own forms: filed at the address typed, not too many, and never a way to another site."""

from typing import Any

import httpx2
import pytest

from hub.bootstrap import Hub
from hub.services.forms import PER_ADDRESS
from tests.agent_ui.api.conftest import Connect
from tests.agent_ui.api.test_messages import bring

SENDER_AT_MOST = 20
PAGE = {"accept": "text/html"}


def filled(**changes: str) -> dict[str, str]:
    return {"email": "leo@example.com", "name": "Leo", "message": "Is it there in green?"} | changes


async def entries_of(api: httpx2.AsyncClient, **by: str) -> list[dict[str, Any]]:
    customers = (await api.get("/api/v1/customers", params=by)).json()["customers"]
    if not customers:
        return []
    path = f"/api/v1/conversations/{customers[0]['conversation_id']}/entries"
    entries: list[dict[str, Any]] = (await api.get(path)).json()["entries"]
    return entries


async def test_a_form_is_filed_like_an_unproven_mail_of_the_address_typed(
    api: httpx2.AsyncClient, stranger: httpx2.AsyncClient
) -> None:
    known = await bring(api)

    response = await stranger.post(
        "/forms/web", data={"email": "ana@example.com", "message": "One more thing.", "color": "green"}
    )

    assert (response.status_code, response.headers["location"]) == (303, "/forms/web/thanks")
    entries = await entries_of(api, email="ana@example.com")
    assert [(e["customer_id"], e["assurance"], e["text"]) for e in entries[1:]] == [
        (known["customer_id"], "claimed", "One more thing.")
    ]
    assert entries[1]["details"]["facts"] == {"color": "green"}
    assert entries[1]["endpoint"]["kind"] == "email"


async def test_a_form_tells_nobody_whether_an_address_is_known(
    api: httpx2.AsyncClient, stranger: httpx2.AsyncClient
) -> None:
    await bring(api)

    known = await stranger.post("/forms/web", data=filled(email="ana@example.com"))
    unknown = await stranger.post("/forms/web", data=filled(email="nobody@example.com"))

    assert (known.status_code, known.headers, known.content) == (
        unknown.status_code,
        unknown.headers,
        unknown.content,
    )


async def test_a_call_back_form_needs_only_a_phone_number_and_a_time(
    api: httpx2.AsyncClient, stranger: httpx2.AsyncClient
) -> None:
    response = await stranger.post("/forms/web", data={"phone": "030 901820", "call_back": "Mon 10-12"})

    assert response.status_code == 303
    entries = await entries_of(api, phone="+4930901820")
    assert [(e["text"], e["details"]["facts"]) for e in entries] == [
        ("call_back: Mon 10-12", {"call_back": "Mon 10-12"})
    ]


async def test_a_form_may_bring_pictures_but_no_programs(api: httpx2.AsyncClient, stranger: httpx2.AsyncClient) -> None:
    picture = {"photo": ("fault.png", b"\x89PNG\r\n\x1a\n....", "image/png"), "other": ("", b"", "text/plain")}
    program = {"photo": ("fault.png.exe", b"MZ....", "image/png")}

    taken = await stranger.post("/forms/web", data=filled(), files=picture)
    refused = await stranger.post("/forms/web", data=filled(message="Look"), files=program)

    assert taken.status_code == 303
    entries = await entries_of(api, email="leo@example.com")
    assert [file["filename"] for file in entries[0]["attachments"]] == ["fault.png"]
    assert (refused.status_code, refused.json()["code"]) == (415, "program")


async def test_the_second_click_on_send_is_the_same_form(api: httpx2.AsyncClient, stranger: httpx2.AsyncClient) -> None:
    first = await stranger.post("/forms/web", data=filled())
    second = await stranger.post("/forms/web", data=filled())

    assert (first.status_code, second.status_code) == (303, 303)
    assert len(await entries_of(api, email="leo@example.com")) == 1


async def test_a_program_that_fills_in_everything_is_thanked_and_forgotten(
    api: httpx2.AsyncClient, stranger: httpx2.AsyncClient
) -> None:
    response = await stranger.post("/forms/web", data=filled(leave_empty="buy now"))

    assert response.status_code == 303
    assert await entries_of(api, email="leo@example.com") == []


async def test_forms_of_one_sender_and_in_one_name_are_throttled(connect: Connect) -> None:
    one, other = await connect(token="", client="203.0.113.1"), await connect(token="", client="203.0.113.2")
    in_one_name = [await one.post("/forms/web", data=filled(message=f"n{n}")) for n in range(PER_ADDRESS + 1)]
    many = [await other.post("/forms/web", data=filled(email=f"a{n}@example.com")) for n in range(SENDER_AT_MOST + 1)]

    assert [answer.status_code for answer in in_one_name] == [303] * PER_ADDRESS + [429]
    assert [answer.status_code for answer in many] == [303] * SENDER_AT_MOST + [429]
    assert int(many[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"message": "No address."}, "no_way_to_answer"),
        ({"email": "leo@example.com"}, "empty_form"),
        ({"email": "nonsense", "message": "Hello"}, "bad_address"),
        ({"email": "leo@example.com", "message": "a\x00b"}, "invalid"),
        ({"email": "leo@example.com", "message": "x" * 100_001}, "invalid"),
        ({"email": "leo@example.com", "message": "Hi", "x" * 101: "1"}, "invalid"),
    ],
)
async def test_a_form_that_cannot_be_answered_is_refused_on_a_page(
    stranger: httpx2.AsyncClient, data: dict[str, str], code: str
) -> None:
    for_people = await stranger.post("/forms/web", data=data, headers=PAGE)
    for_programs = await stranger.post("/forms/web", data=data)

    assert for_people.status_code == for_programs.status_code == 422
    assert "<h1>" in for_people.text
    assert for_programs.json()["code"] == code


URLENCODED = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        (URLENCODED, b"email=leo%40example.com&message=" + b"x" * 2_000_000, 400, "malformed"),
        (
            URLENCODED,
            b"email=leo%40example.com&message=Hi&" + b"&".join(b"f%d=1" % n for n in range(60)),
            400,
            "malformed",
        ),
        ("multipart/form-data", b"nonsense", 400, "malformed"),
        ("multipart/form-data; boundary=b", b"nonsense", 400, "malformed"),
        ("application/json", b'{"email": "leo@example.com", "message": "Hi"}', 422, "no_way_to_answer"),
        ("", b"", 422, "no_way_to_answer"),
    ],
)
async def test_what_is_no_form_is_refused_and_leaves_nothing(
    api: httpx2.AsyncClient, stranger: httpx2.AsyncClient, content_type: str, body: bytes, status: int, code: str
) -> None:
    refused = await stranger.post("/forms/web", content=body, headers={"content-type": content_type})

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.json()["detail"] != "Bad Request"
    assert await entries_of(api, email="leo@example.com") == []


async def test_only_pages_of_the_account_may_send_forms(hub: Hub, stranger: httpx2.AsyncClient) -> None:
    await hub.accounts.save("web", "webchat", {"origins": "https://shop.example https://www.shop.example"})

    def sent_by(origin: str | None) -> Any:
        headers = {} if origin is None else {"origin": origin}
        return stranger.post("/forms/web", data=filled(next="/danke"), headers=headers)

    assert (await sent_by("https://shop.example")).headers["location"] == "https://shop.example/danke"
    assert (await sent_by("http://127.0.0.1")).headers["location"] == "/danke"
    for origin in ("https://evil.example", "null", None, "https://shop.example.evil.example"):
        refused = await sent_by(origin)
        assert (refused.status_code, refused.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "https://shop.example@evil.example/",
        "https://shop.example\\@evil.example/",
        "javascript:alert(1)",
        "https:evil.example",
    ],
)
async def test_a_form_never_leads_to_another_site(hub: Hub, stranger: httpx2.AsyncClient, wanted: str) -> None:
    await hub.accounts.save("web", "webchat", {"origins": "https://shop.example"})

    response = await stranger.post("/forms/web", data=filled(next=wanted), headers={"origin": "https://shop.example"})

    assert response.headers["location"] == "/forms/web/thanks"


async def test_a_form_leads_to_a_page_of_the_shop(hub: Hub, stranger: httpx2.AsyncClient) -> None:
    await hub.accounts.save("web", "webchat", {"origins": "https://shop.example"})
    wanted = "https://shop.example/danke?x=1"

    response = await stranger.post("/forms/web", data=filled(next=wanted), headers={"origin": "https://shop.example"})

    assert response.headers["location"] == wanted


async def test_the_page_of_thanks_is_complete_without_scripts(stranger: httpx2.AsyncClient) -> None:
    page = await stranger.get("/forms/web/thanks", headers=PAGE | {"accept-language": "de"})

    assert page.status_code == 200
    assert "<h1>Danke</h1>" in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize(("account", "code"), [("nowhere", "no_such_account"), ("phone", "wrong_account")])
async def test_what_cannot_answer_has_no_forms(stranger: httpx2.AsyncClient, account: str, code: str) -> None:
    response = await stranger.post(f"/forms/{account}", data=filled())

    assert response.json()["code"] == code
