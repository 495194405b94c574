"""Who may ask the API at all."""

import httpx2

from agent_ui.cookies import SESSION
from hub.bootstrap import Hub
from tests.agent_ui.api.test_messages import bring, message


async def signed_in(hub: Hub) -> str:
    """The cookie of a colleague."""
    link = await hub.agents.first_link()
    assert link is not None
    secret = link.path.rsplit("/", 1)[1]
    session = await hub.agents.accept(secret, "three kettles boil at noon", name="Ben", email="ben@shop.example")
    return session.secret


async def test_a_colleague_reads_in_the_browser_and_changes_nothing_there(
    hub: Hub, api: httpx2.AsyncClient, stranger: httpx2.AsyncClient
) -> None:
    filed = await bring(api)
    cookie = {"cookie": f"{SESSION}={await signed_in(hub)}"}

    read = await stranger.get(f"/api/v1/customers/{filed['customer_id']}", headers=cookie)
    changed = await stranger.post("/api/v1/messages", json=message("m2"), headers=cookie)
    with_a_bad_token = await stranger.get("/api/v1/customers", headers=cookie | {"authorization": "Bearer x"})

    assert read.status_code == 200
    assert (changed.status_code, with_a_bad_token.status_code) == (401, 401)


async def test_a_head_is_a_question_too(api: httpx2.AsyncClient) -> None:
    assert (await api.head("/api/v1/customers")).status_code == 200


async def test_fields_of_a_change_do_not_travel_in_the_address(api: httpx2.AsyncClient) -> None:
    response = await api.post("/api/v1/messages", json=message(), params={"account": "api"})

    assert (response.status_code, response.json()["code"]) == (422, "invalid")


async def test_answers_are_json_that_no_page_can_make_anything_of(api: httpx2.AsyncClient) -> None:
    response = await api.get("/api/v1/customers", headers={"accept": "text/html"})

    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert response.headers["cache-control"] == "no-store"
