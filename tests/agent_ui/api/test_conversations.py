"""Conversations as programs read them and write into them."""

import asyncio
import base64
from typing import Any

import httpx2
import pytest

from hub.bootstrap import Hub
from tests.agent_ui.api.conftest import Connect
from tests.agent_ui.api.test_messages import bring, claimed


def reply(base_seq: int = 1, **changes: Any) -> dict[str, Any]:
    return {"client_key": "k1", "base_seq": base_seq, "text": "On its way."} | changes


async def test_entries_come_by_seq_in_pages(api: httpx2.AsyncClient) -> None:
    *_, filed = [await bring(api, f"m{n}", text=f"words {n}") for n in range(5)]
    path = f"/api/v1/conversations/{filed['conversation_id']}/entries"

    first = (await api.get(path, params={"limit": 3})).json()
    rest = (await api.get(path, params={"after": first["next"], "limit": 3})).json()

    assert [entry["seq"] for entry in first["entries"] + rest["entries"]] == [1, 2, 3, 4, 5]
    assert (first["last_seq"], rest["next"]) == (5, None)
    told = first["entries"][0]
    assert told["endpoint"]["address"] == "Ana@Example.com"
    assert (told["text"], told["direction"], told["channel"], told["author"]["kind"]) == (
        "words 0",
        "in",
        "generic",
        "customer",
    )
    assert told["request"] == filed["request"]


async def test_a_conversation_starts_its_joined_with_itself(api: httpx2.AsyncClient, hub: Hub) -> None:
    filed = await bring(api)

    conversation = (await api.get(f"/api/v1/conversations/{filed['conversation_id']}")).json()

    assert conversation["joined"] == [{"conversation_id": filed["conversation_id"], "last_seq": 1}]
    assert conversation["customer"]["id"] == conversation["customer_id"] == filed["customer_id"]
    assert [request["number"] for request in conversation["requests"]] == [filed["request"]]


async def test_what_a_form_told_is_a_fact(api: httpx2.AsyncClient, stranger: httpx2.AsyncClient) -> None:
    await stranger.post("/forms/web", data={"email": "leo@example.com", "message": "Hello", "size": "42"})
    found = (await api.get("/api/v1/customers", params={"email": "leo@example.com"})).json()["customers"][0]

    conversation = (await api.get(f"/api/v1/conversations/{found['conversation_id']}")).json()

    assert conversation["facts"] == [{"type": "size", "value": "42", "entry_seq": 1}]


async def test_a_reply_is_accepted_once(api: httpx2.AsyncClient) -> None:
    filed = await bring(api)
    path = f"/api/v1/conversations/{filed['conversation_id']}/replies"

    first = await api.post(path, json=reply())
    again = await api.post(path, json=reply())
    reused = await api.post(path, json=reply(text="Another text."))

    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["entry"]["id"] == again.json()["entry"]["id"]
    assert first.json()["delivery"]["state"] in {"queued", "sending", "sent"}
    assert (reused.status_code, reused.json()["code"]) == (409, "client_key_reused")


async def test_the_same_reply_at_once_is_one(api: httpx2.AsyncClient) -> None:
    filed = await bring(api)
    path = f"/api/v1/conversations/{filed['conversation_id']}/replies"

    answers = await asyncio.gather(*(api.post(path, json=reply()) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 202]
    assert len({answer.json()["entry"]["id"] for answer in answers}) == 1


async def test_a_reply_with_files_is_the_same_when_sent_again(api: httpx2.AsyncClient) -> None:
    filed = await bring(api)
    path = f"/api/v1/conversations/{filed['conversation_id']}/replies"
    data = base64.b64encode(b"label").decode()
    file = {"filename": "label.pdf", "content_type": "application/pdf", "data": data}

    first = await api.post(path, json=reply(attachments=[file]))
    again = await api.post(path, json=reply(attachments=[file]))

    assert (first.status_code, again.status_code) == (202, 200)
    assert [kept["filename"] for kept in again.json()["entry"]["attachments"]] == ["label.pdf"]


async def test_a_stale_reply_is_told_what_it_missed(api: httpx2.AsyncClient) -> None:
    filed = await bring(api, "m1")
    await bring(api, "m2", text="Forget it, it came.")
    path = f"/api/v1/conversations/{filed['conversation_id']}/replies"

    stale = await api.post(path, json=reply(1))
    seen = await api.post(path, json=reply(2))

    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert [(entry["seq"], entry["text"], entry["request"]) for entry in stale.json()["missed"]] == [
        (2, "Forget it, it came.", filed["request"])
    ]
    assert seen.status_code == 202


async def test_what_belongs_to_another_address_does_not_go_to_an_unproven_one(
    api: httpx2.AsyncClient, connect: Connect
) -> None:
    await api.put(
        "/api/v1/orders/shop/10492",
        json={"status": "paid", "updated_at": "2026-11-01T10:00:00Z", "customer": {"email": "ana@example.com"}},
    )
    filed = await bring(api, **{"from": claimed()})
    path = f"/api/v1/conversations/{filed['conversation_id']}/replies"
    told = reply(text="Your order 10492 is paid.")

    refused = await api.post(path, json=told)
    not_allowed = await (await connect("agent")).post(path, json=told | {"override": True})
    overridden = await api.post(path, json=told | {"override": True})

    assert (refused.status_code, refused.json()["code"]) == (409, "destination_unverified")
    assert not_allowed.status_code == 403
    assert overridden.status_code == 202


async def test_a_reply_only_goes_to_an_endpoint_of_this_customer(api: httpx2.AsyncClient) -> None:
    one = await bring(api, "m1")
    await bring(api, "m2", **{"from": claimed("leo@example.com", verified=True)})
    leo = (await api.get("/api/v1/customers", params={"email": "leo@example.com"})).json()["customers"][0]
    path = f"/api/v1/conversations/{one['conversation_id']}/replies"

    response = await api.post(path, json=reply(endpoint_id=leo["endpoints"][0]["id"]))

    assert (response.status_code, response.json()["code"]) == (422, "not_reachable")


async def test_a_note_is_added_once(api: httpx2.AsyncClient) -> None:
    filed = await bring(api)
    path = f"/api/v1/conversations/{filed['conversation_id']}/notes"
    words = {"text": "Ask the carrier.", "client_key": "n1"}

    first = await api.post(path, json=words)
    again = await api.post(path, json=words)

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["kind"], first.json()["request"]) == ("note", filed["request"])
    assert first.json()["id"] == again.json()["id"]


async def test_an_entry_moves_to_another_request_and_back(api: httpx2.AsyncClient) -> None:
    filed = await bring(api)
    opened = await api.post(f"/api/v1/conversations/{filed['conversation_id']}/requests", json={"topic": "warranty"})
    path = f"/api/v1/entries/{filed['entry_id']}"

    moved = await api.patch(path, json={"request": opened.json()["number"]})
    back = await api.patch(path, json={"request": int(filed["request"])})

    assert opened.status_code == 201
    assert opened.json()["subject"] == "warranty"
    assert moved.json()["request"] == opened.json()["number"]
    assert back.json()["request"] == filed["request"]


async def test_an_entry_never_moves_to_a_request_of_somebody_else(api: httpx2.AsyncClient) -> None:
    one = await bring(api, "m1")
    other = await bring(api, "m2", **{"from": claimed("leo@example.com", verified=True)})

    response = await api.patch(f"/api/v1/entries/{one['entry_id']}", json={"request": other["request"]})

    assert response.status_code == 422


async def test_who_may_only_see_requests_is_told_that_entries_are_there(
    api: httpx2.AsyncClient, connect: Connect
) -> None:
    filed = await bring(api)
    await api.patch(f"/api/v1/requests/{filed['request']}", json={"status": "ready_in_store"})
    path = f"/api/v1/conversations/{filed['conversation_id']}"
    store = await connect("store")

    entries = (await store.get(f"{path}/entries")).json()["entries"]

    assert entries[0] == {"seq": 1, "hidden": True}
    assert entries[1]["kind"] == "status"
    assert (await store.get(path)).status_code == 403


async def test_writing_first_goes_to_the_endpoint_named(api: httpx2.AsyncClient) -> None:
    filed = await bring(api)
    path = f"/api/v1/customers/{filed['customer_id']}"
    endpoint_id = (await api.get(path)).json()["endpoints"][0]["id"]
    first = {"endpoint_id": endpoint_id, "text": "Your mug is being recalled."}

    accepted = await api.post(f"{path}/messages", json=first | {"client_key": "k9"})
    again = await api.post(f"{path}/messages", json=first | {"client_key": "k9"})
    foreign = await api.post(f"{path}/messages", json=first | {"endpoint_id": 999})

    assert (accepted.status_code, again.status_code) == (202, 200)
    assert accepted.json()["entry"]["endpoint"]["id"] == endpoint_id
    assert foreign.status_code == 404


async def test_a_request_is_read_and_changed_by_its_number(api: httpx2.AsyncClient) -> None:
    filed = await bring(api)
    path = f"/api/v1/requests/{filed['request']}"
    ben = (await api.post("/api/v1/conversations/1/notes", json={"text": "mine"})).json()["author"]["id"]

    changed = await api.patch(
        path, json={"status": "waiting_third_party", "owner_id": ben, "store": "Mitte", "status_text": "We asked."}
    )
    read = await api.get(path)
    solved = await api.patch(path, json={"status": "resolved", "owner_id": None})

    assert read.json() == changed.json()
    told = ("status", "owner_id", "store", "status_text")
    assert [read.json()[name] for name in told] == ["waiting_third_party", ben, "Mitte", "We asked."]
    assert (solved.json()["status"], solved.json()["owner_id"]) == ("resolved", None)
    assert solved.json()["clocks"]["resolution_s"] is not None
    assert solved.json()["status_text"] == "We asked."


@pytest.mark.parametrize(
    "change",
    [
        {"status": "resolved", "owner_id": 999},
        {"status": "resolved", "team_id": 999},
        {"status": "resolved", "snoozed_until": "2099-01-01T00:00:00Z"},
        {"store": "Mitte", "snoozed_until": "2020-01-01T00:00:00Z"},
        {"status": "resolved", "subject": "  "},
    ],
)
async def test_a_change_that_makes_no_sense_changes_nothing(api: httpx2.AsyncClient, change: dict[str, Any]) -> None:
    filed = await bring(api)
    path = f"/api/v1/requests/{filed['request']}"
    before = (await api.get(path)).json()

    response = await api.patch(path, json=change)

    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert (await api.get(path)).json() == before


async def test_a_misheard_number_is_no_request(api: httpx2.AsyncClient) -> None:
    filed = await bring(api)
    misheard = str(int(filed["request"]) + 1)

    response = await api.get(f"/api/v1/requests/{misheard}")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_search_finds_by_kind_and_names_requests_by_their_number(api: httpx2.AsyncClient) -> None:
    filed = await bring(api)

    found = (await api.get("/api/v1/search", params={"q": "parcel", "limit": 1})).json()

    assert [(hit["seq"], hit["request"]) for hit in found["messages"]] == [(1, filed["request"])]
    assert found["orders"] == []
    by_number = (await api.get("/api/v1/search", params={"q": filed["request"]})).json()
    assert [hit["number"] for hit in by_number["requests"]] == [filed["request"]]
