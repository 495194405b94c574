"""Who may see how the hub itself is."""

import httpx2
import pytest

from agent_ui.cookies import SESSION
from hub.bootstrap import Hub
from hub.security import Actor
from tests.agent_ui.api.conftest import Connect
from tests.agent_ui.api.test_operation import signed_in


async def test_administrators_program_sees_the_system(api: httpx2.AsyncClient) -> None:
    answer = await api.get("/api/v1/system")

    assert answer.status_code == 200
    assert {account["name"] for account in answer.json()["accounts"]} == {"api", "web", "phone"}
    assert [check["code"] for check in answer.json()["checks"] if check["code"]] == []


@pytest.mark.parametrize("scope", ["store", "agent", "supervisor", "metrics", "search"])
async def test_token_of_anybody_else_is_refused(connect: Connect, scope: str) -> None:
    answer = await (await connect(scope)).get("/api/v1/system")

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_stranger_is_refused(stranger: httpx2.AsyncClient) -> None:
    assert (await stranger.get("/api/v1/system")).status_code == 401


@pytest.mark.parametrize("role", ["store", "agent", "supervisor"])
async def test_session_of_anybody_else_is_refused(hub: Hub, stranger: httpx2.AsyncClient, role: str) -> None:
    admin = {"cookie": f"{SESSION}={await signed_in(hub)}"}
    by = Actor(id=1, name="Ben", role="admin")
    invited = await hub.agents.invite(by, name="Kim", email="kim@shop.example", role=role)
    accepted = await hub.agents.accept(invited.link.path.rsplit("/", 1)[1], "three kettles boil at noon")
    other = {"cookie": f"{SESSION}={accepted.secret}"}

    assert (await stranger.get("/api/v1/system", headers=admin)).status_code == 200
    assert (await stranger.get("/api/v1/system", headers=other)).status_code == 403
