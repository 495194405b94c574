"""Messages that the shop's backend brings: filed once, under whom the shop vouches for, or as a claim."""

import asyncio
import base64
from typing import Any

import httpx2
import pytest

from hub.bootstrap import Hub
from tests.agent_ui.api.conftest import Connect


def message(external_id: str = "m1", **changes: Any) -> dict[str, Any]:
    sender = {"kind": "email", "address": "Ana@Example.com", "name": "Ana", "verified": True}
    return {"account": "api", "external_id": external_id, "from": sender, "text": "Where is my parcel?"} | changes


def claimed(address: str = "ana@example.com", **sender: Any) -> dict[str, Any]:
    return {"kind": "email", "address": address, **sender}


async def bring(api: httpx2.AsyncClient, *args: Any, **changes: Any) -> dict[str, Any]:
    response = await api.post("/api/v1/messages", json=message(*args, **changes))
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_a_verified_message_is_filed_under_the_holder_of_its_address(api: httpx2.AsyncClient) -> None:
    first = await bring(api, "m1")
    second = await bring(api, "m2", text="It came.")

    assert set(first) == {"entry_id", "customer_id", "conversation_id", "seq", "request"}
    assert (first["seq"], second["seq"]) == (1, 2)
    assert first["customer_id"] == second["customer_id"]
    customer = (await api.get(f"/api/v1/customers/{first['customer_id']}")).json()
    assert [(e["kind"], e["held"], e["assurance"], e["method"]) for e in customer["endpoints"]] == [
        ("email", True, "signed", "shop")
    ]


async def test_the_same_message_again_changes_nothing(api: httpx2.AsyncClient) -> None:
    first = await bring(api)

    again = await api.post("/api/v1/messages", json=message())

    assert again.status_code == 200
    assert again.json() == first | {"duplicate": True}


async def test_the_same_message_is_the_same_however_its_json_is_written(api: httpx2.AsyncClient) -> None:
    await bring(api)

    turned = dict(reversed(message().items()))
    again = await api.post("/api/v1/messages", json=turned)

    assert again.status_code == 200


async def test_an_external_id_cannot_be_used_for_another_message(api: httpx2.AsyncClient) -> None:
    first = await bring(api)

    other = await api.post("/api/v1/messages", json=message(text="Something else."))

    assert other.status_code == 409
    assert other.json()["code"] == "external_id_reused"
    entries = (await api.get(f"/api/v1/conversations/{first['conversation_id']}/entries")).json()
    assert entries["last_seq"] == 1


async def test_an_unverified_address_is_a_claim_and_reveals_nothing(api: httpx2.AsyncClient) -> None:
    known = await bring(api, "m1")

    unknown = await bring(api, "m2", **{"from": claimed()})

    assert unknown["customer_id"] != known["customer_id"]
    customer = (await api.get(f"/api/v1/customers/{unknown['customer_id']}")).json()
    assert customer["provisional"]
    said = [e for e in customer["endpoints"] if e["kind"] == "email"]
    assert [(e["held"], e["assurance"]) for e in said] == [(False, "claimed")]


async def test_unverified_messages_of_one_session_or_one_address_share_a_customer(api: httpx2.AsyncClient) -> None:
    one = await bring(api, "m1", **{"from": claimed(session="s1")})
    same = await bring(api, "m2", **{"from": claimed("other@example.com", session="s1")})
    apart = await bring(api, "m3", **{"from": claimed(session="s2")})
    by_address = await bring(api, "m4", **{"from": claimed()})
    by_address_too = await bring(api, "m5", **{"from": claimed("ANA@example.com")})

    assert one["customer_id"] == same["customer_id"]
    assert by_address["customer_id"] == by_address_too["customer_id"]
    assert len({one["customer_id"], apart["customer_id"], by_address["customer_id"]}) == 3


def vouched(address: str = "ana@example.com", **sender: Any) -> dict[str, Any]:
    return claimed(address, verified=True, **sender)


async def test_whoever_is_verified_in_a_session_has_written_what_came_before(api: httpx2.AsyncClient) -> None:
    known = await bring(api, "m1", **{"from": vouched()})
    before = await bring(api, "m2", **{"from": claimed("whoever@example.com", session="s1")})

    proven = await bring(api, "m3", **{"from": vouched(session="s1")})
    later = await bring(api, "m4", **{"from": claimed(session="s1")})

    assert before["customer_id"] != known["customer_id"]
    assert proven["customer_id"] == later["customer_id"] == known["customer_id"]
    assert (await api.get(f"/api/v1/customers/{before['customer_id']}")).json()["merged_into"] == known["customer_id"]


async def test_a_session_proven_to_be_one_person_is_not_another(api: httpx2.AsyncClient) -> None:
    ana = await bring(api, "m1", **{"from": vouched(session="s1")})
    await bring(api, "m2", **{"from": vouched("ben@example.com")})

    for address in ("ben@example.com", "new@example.com"):
        refused = await api.post("/api/v1/messages", json=message("m3", **{"from": vouched(address, session="s1")}))
        assert (refused.status_code, refused.json()["code"]) == (409, "session_of_another")

    assert len((await api.get("/api/v1/customers")).json()["customers"]) == 2
    entries = (await api.get(f"/api/v1/conversations/{ana['conversation_id']}/entries")).json()
    assert entries["last_seq"] == 1


async def test_an_external_address_belongs_to_its_account(api: httpx2.AsyncClient) -> None:
    sender = {"kind": "external", "address": "user-7", "verified": True}

    answer = await bring(api, **{"from": sender})

    customer = (await api.get(f"/api/v1/customers/{answer['customer_id']}")).json()
    assert [(e["kind"], e["scope"], e["address"]) for e in customer["endpoints"]] == [("external", "api", "user-7")]


async def test_a_phone_number_is_found_however_it_is_written(api: httpx2.AsyncClient) -> None:
    answer = await bring(api, **{"from": {"kind": "phone", "address": "030 901820", "verified": True}})

    found = (await api.get("/api/v1/customers", params={"phone": "+49 (30) 90 18 20"})).json()

    assert [customer["id"] for customer in found["customers"]] == [answer["customer_id"]]


async def test_the_order_of_a_message_is_linked(api: httpx2.AsyncClient) -> None:
    await api.put("/api/v1/orders/shop/10492", json={"status": "paid", "updated_at": "2026-11-01T10:00:00Z"})

    answer = await bring(api, order="10492")

    entries = (await api.get(f"/api/v1/conversations/{answer['conversation_id']}/entries")).json()["entries"]
    assert [(order["source"], order["number"]) for order in entries[0]["orders"]] == [("shop", "10492")]


async def test_files_come_along_under_safe_names(api: httpx2.AsyncClient) -> None:
    data = base64.b64encode(b"parcel 7").decode()
    file = {"filename": "../../etc/label.txt", "content_type": "text/plain; charset=utf-8", "data": data}

    answer = await bring(api, text="", attachments=[file])

    entries = (await api.get(f"/api/v1/conversations/{answer['conversation_id']}/entries")).json()["entries"]
    kept = entries[0]["attachments"][0]
    assert (kept["filename"], kept["content_type"], kept["size"]) == ("label.txt", "text/plain", 8)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"account": "nowhere"}, 404, "no_such_account"),
        ({"account": "web"}, 422, "wrong_account"),
        ({"text": " \n "}, 422, "empty_message"),
        ({"from": {"kind": "email", "address": "nobody", "verified": True}}, 422, "bad_address"),
        ({"from": {"kind": "pigeon", "address": "nobody"}}, 422, "invalid"),
        ({"sent_at": "2026-11-03T09:30:00"}, 422, "invalid"),
        ({"sent_at": "0001-01-01T00:00:00+14:00"}, 422, "invalid"),
        ({"attachments": [{"filename": "a", "content_type": "text/plain", "data": "%%%"}]}, 422, "invalid"),
        ({"attachments": [{"filename": "a", "content_type": "nonsense", "data": ""}]}, 422, "invalid"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    api: httpx2.AsyncClient, changes: dict[str, Any], status: int, code: str
) -> None:
    response = await api.post("/api/v1/messages", json=message(**changes))

    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_a_file_of_25_mb_is_taken_and_a_larger_one_refused(api: httpx2.AsyncClient) -> None:
    def with_file(size: int) -> list[dict[str, str]]:
        data = base64.b64encode(bytes(size)).decode()
        return [{"filename": "photo.raw", "content_type": "application/octet-stream", "data": data}]

    taken = await api.post("/api/v1/messages", json=message("m1", attachments=with_file(25_000_000)))
    refused = await api.post("/api/v1/messages", json=message("m2", attachments=with_file(25_000_001)))

    assert taken.status_code == 201
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


async def test_a_scope_is_needed(connect: Connect) -> None:
    reader = await connect("conversations.read")

    response = await reader.post("/api/v1/messages", json=message())

    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert response.json()["action"] == "messages.write"


async def test_first_messages_at_once_are_one_customer(api: httpx2.AsyncClient, hub: Hub) -> None:
    answers = await asyncio.gather(*(bring(api, f"m{n}") for n in range(50)))

    assert len({answer["conversation_id"] for answer in answers}) == 1
    assert sorted(answer["seq"] for answer in answers) == list(range(1, 51))
    assert len((await api.get("/api/v1/customers")).json()["customers"]) == 1


async def test_a_call_is_filed_with_the_holder_of_the_number_and_proves_nothing(api: httpx2.AsyncClient) -> None:
    known = await bring(api, **{"from": {"kind": "phone", "address": "+49 30 901820", "verified": True}})
    call = {"external_id": "c1", "phone": "030 901820", "direction": "in", "text": "Asks again.", "duration_s": 60}

    first = await api.post("/api/v1/calls", json=call)
    again = await api.post("/api/v1/calls", json=call)
    other = await api.post("/api/v1/calls", json=call | {"text": "Else."})

    assert first.status_code == 201
    assert first.json()["customer_id"] == known["customer_id"]
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert (other.status_code, other.json()["code"]) == (409, "external_id_reused")
    entries = (await api.get(f"/api/v1/conversations/{known['conversation_id']}/entries")).json()["entries"]
    assert [(e["kind"], e["channel"], e["assurance"]) for e in entries[1:]] == [("call", "phone", "claimed")]


async def test_a_call_with_a_withheld_number_is_nobody_known(api: httpx2.AsyncClient) -> None:
    call = {"phone": None, "direction": "in", "text": "Hung up."}

    one = await api.post("/api/v1/calls", json=call | {"external_id": "c1"})
    two = await api.post("/api/v1/calls", json=call | {"external_id": "c2"})

    assert one.json()["customer_id"] != two.json()["customer_id"]
