"""PostgreSQL: what loses a race or a connection is run again or refused, and never half done."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, select

from hub.clock import Clock
from hub.database import Busy, Database, Reading, Statement, Transaction, bound
from hub.models import customers
from tests.parts.databases import postgres_database
from tests.parts.postgres import Postgres

ADD = Statement(insert(customers).values(bound(customers, "name", "created_at")).returning(customers.c.id))
NAMES = Statement(select(customers.c.name).order_by(customers.c.name))


def add(tx: Transaction, name: str) -> int:
    customer_id: int = tx.value(ADD, name=name, created_at=tx.now)
    return customer_id


def names(rd: Reading) -> list[str]:
    return [row.name for row in rd.all(NAMES)]


@pytest.fixture(name="cluster")
async def open_postgres(postgres_template: Postgres, clock: Clock) -> AsyncIterator[Database]:
    async with postgres_database(postgres_template, clock) as database:
        yield database


async def test_two_that_wait_for_each_other_both_get_there(cluster: Database) -> None:
    """A deadlock ends one of them; it is run again."""
    one, other = await cluster.unit(add, "one"), await cluster.unit(add, "other")
    tries: list[str] = []

    def lock(first: int, second: int, name: str) -> object:
        def unit(tx: Transaction) -> None:
            tries.append(name)
            for customer_id in (first, second):
                tx._cursor(f"UPDATE customers SET name = name || '{name}' WHERE id = {customer_id}", ())
                tx._cursor("SELECT pg_sleep(0.05)", ())

        return unit

    await asyncio.gather(cluster.unit(lock(one, other, "a")), cluster.unit(lock(other, one, "b")))  # type: ignore[arg-type]

    assert len(tries) == 3
    assert {"".join(sorted(name[-2:])) for name in await cluster.view(names)} == {"ab"}


async def test_a_lost_connection_is_busy_and_the_next_unit_goes_through(cluster: Database) -> None:
    def lose(tx: Transaction) -> None:
        add(tx, "never")
        tx._cursor("SELECT pg_terminate_backend(pg_backend_pid())", ())

    with pytest.raises(Busy):
        await cluster.unit(lose)

    await cluster.unit(add, "after")
    assert await cluster.view(names) == ["after"]


async def test_a_view_whose_connection_is_lost_is_busy(cluster: Database) -> None:
    with pytest.raises(Busy):
        await cluster.view(lambda rd: rd._cursor("SELECT pg_terminate_backend(pg_backend_pid())", ()))

    assert await cluster.view(names) == []


async def test_a_view_cannot_write(cluster: Database) -> None:
    with pytest.raises(Exception, match="read-only"):
        await cluster.view(lambda rd: rd._cursor("DELETE FROM customers", ()))


async def test_more_units_than_connections_wait_their_turn(cluster: Database) -> None:
    await asyncio.gather(*(cluster.unit(add, f"{i:03}") for i in range(100)))

    assert await cluster.view(names) == [f"{i:03}" for i in range(100)]


async def test_what_waits_for_a_connection_and_what_is_committed_is_counted(cluster: Database) -> None:
    asked = [asyncio.create_task(cluster.unit(add, f"{i:03}")) for i in range(100)]
    await asyncio.sleep(0)
    waiting = cluster.waiting()
    await asyncio.gather(*asked)

    assert 0 < waiting < 100
    assert cluster.waiting() == 0
    assert cluster.gauges.group_units.total == sum(cluster.gauges.commit_s.counts) == 100


async def test_what_is_given_up_midway_leaves_no_connection_in_the_middle_of_something(cluster: Database) -> None:
    for step in range(200):
        # Between nothing and the few milliseconds that each takes.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(step / 40_000):
                await (cluster.view(names) if step % 2 else cluster.unit(add, "given up"))

    for _ in range(3):
        await asyncio.gather(*(cluster.unit(add, "kept") for _ in range(10)))
        await asyncio.gather(*(cluster.view(names) for _ in range(10)))

    assert (await cluster.view(names)).count("kept") == 30
