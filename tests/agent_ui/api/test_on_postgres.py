"""The API on PostgreSQL: the whole story of the examples, and what its constraints hold against many at once."""

import asyncio

import httpx2
import pytest

from agent_ui.api import operations
from tests.agent_ui.api.test_conversations import reply
from tests.agent_ui.api.test_messages import bring, message
from tests.agent_ui.api.test_openapi import check_answer, send


@pytest.fixture(name="database_url")
def use_postgres(postgres_url: str) -> str:
    return postgres_url


async def test_the_examples_are_answered_as_described(api: httpx2.AsyncClient, stranger: httpx2.AsyncClient) -> None:
    for operation in operations:
        response = await send(stranger if operation.is_open else api, operation)

        assert response.status_code == next(iter(operation.answers)), f"{operation.path}: {response.text}"
        check_answer(operation, response)


async def test_first_messages_at_once_are_one_customer(api: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(bring(api, f"m{n}") for n in range(30)))

    assert len({answer["customer_id"] for answer in answers}) == 1
    assert sorted(answer["seq"] for answer in answers) == list(range(1, 31))


async def test_the_same_message_and_the_same_reply_at_once_are_one(api: httpx2.AsyncClient) -> None:
    brought = await asyncio.gather(*(api.post("/api/v1/messages", json=message()) for _ in range(8)))
    path = f"/api/v1/conversations/{brought[0].json()['conversation_id']}/replies"
    replied = await asyncio.gather(*(api.post(path, json=reply()) for _ in range(8)))

    assert sorted(answer.status_code for answer in brought) == [200] * 7 + [201]
    assert sorted(answer.status_code for answer in replied) == [200] * 7 + [202]
