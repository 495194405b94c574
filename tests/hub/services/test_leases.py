"""Leases: one node at a time, taken over when it dies, and what it writes too late is refused."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from hub.clock import Clock
from hub.database import Database
from hub.services import leases
from hub.services.leases import LeaseLost, Leases, check
from tests.hub.world import Words
from tests.parts.databases import postgres_database
from tests.parts.postgres import Postgres

ACCOUNTS = [f"account:{i}" for i in range(1, 7)]


@pytest.fixture(name="cluster")
async def open_postgres(postgres_template: Postgres, clock: Clock) -> AsyncIterator[Database]:
    async with postgres_database(postgres_template, clock) as database:
        yield database


def node(db: Database, name: str) -> Leases:
    made = Leases(db, name)
    made.want("accounts", ACCOUNTS)
    return made


def held(one: Leases) -> list[str]:
    return [name for name in ACCOUNTS if one.holds(name)]


async def run_out(db: Database, of: Leases) -> None:
    """Time goes by for the database in which this node, which has died, renews nothing."""
    await db.unit(lambda tx: Words(f"UPDATE leases SET until = 1 WHERE holder = '{of._node}'")(tx) and None)


async def test_a_node_alone_holds_everything_on_sqlite_without_asking(sqlite: Database) -> None:
    one = node(sqlite, "one")

    assert held(one) == ACCOUNTS
    assert one.names("account:") is None


async def test_the_first_node_takes_all_and_shares_with_those_that_come(cluster: Database) -> None:
    one, other = node(cluster, "one"), node(cluster, "other")
    await one.keep()
    assert held(one) == ACCOUNTS

    # The other is there; the first gives up what is more than its share, and a turn later it is the other's.
    for _ in range(2):
        await other.keep()
        await one.keep()
    await other.keep()

    assert (len(held(one)), len(held(other))) == (3, 3)
    assert sorted(held(one) + held(other)) == ACCOUNTS


async def test_nodes_that_take_at_once_never_hold_the_same(cluster: Database) -> None:
    nodes = [node(cluster, name) for name in ("one", "other", "third")]

    for _ in range(8):
        await asyncio.gather(*(each.keep() for each in nodes))
        everything = Counter(name for each in nodes for name in held(each))
        assert set(everything.values()) <= {1}

    assert sorted(name for each in nodes for name in held(each)) == ACCOUNTS
    assert [len(held(each)) for each in nodes] == [2, 2, 2]


async def test_what_a_dead_node_held_is_taken_over_with_a_higher_number(cluster: Database) -> None:
    dead, other = node(cluster, "dead"), node(cluster, "other")
    await dead.keep()
    await other.keep()
    before = {name: dead.fence(name) or 0 for name in ACCOUNTS}

    await run_out(cluster, dead)
    await other.keep()

    assert held(other) == ACCOUNTS
    assert all((other.fence(name) or 0) > before[name] for name in ACCOUNTS)


async def test_what_a_holder_of_before_still_writes_is_refused(cluster: Database) -> None:
    dead, other = node(cluster, "dead"), node(cluster, "other")
    await dead.keep()
    late = dead.guard("account:1", dead.fence("account:1") or 0)
    await cluster.unit(late)

    await run_out(cluster, dead)
    await other.keep()

    with pytest.raises(LeaseLost):
        await cluster.unit(late)


async def test_nobody_takes_over_between_the_look_and_the_commit(cluster: Database) -> None:
    dead, other = node(cluster, "dead"), node(cluster, "other")
    await dead.keep()
    await run_out(cluster, dead)
    looked, order = asyncio.Event(), []

    def write(tx: object) -> None:
        check(tx, "account:1", 1)  # type: ignore[arg-type]
        asyncio.get_running_loop().call_soon(looked.set)
        tx._cursor("SELECT pg_sleep(0.3)", ())  # type: ignore[attr-defined]

    async def commit() -> None:
        await cluster.unit(write)
        order.append("written")

    writing = asyncio.create_task(commit())
    await asyncio.wait_for(looked.wait(), 30)
    await other.keep()
    order.append("taken over")
    await writing

    assert order == ["written", "taken over"]
    assert held(other) == ACCOUNTS


async def test_what_runs_out_is_not_held_even_if_the_database_cannot_be_asked(
    cluster: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = node(cluster, "one")
    monkeypatch.setattr(leases, "LEASE_S", 0.0)
    await one.keep()

    assert held(one) == []


async def test_a_node_that_stops_leaves_its_leases_to_the_others_at_once(cluster: Database) -> None:
    one, other = node(cluster, "one"), node(cluster, "other")
    await one.keep()
    told: list[list[str]] = []
    one.listen(lambda: told.append(held(one)))

    await one.stop()
    await other.keep()

    assert told == [[]]
    assert held(other) == ACCOUNTS


async def test_what_nobody_wants_any_more_is_given_up(cluster: Database) -> None:
    one = node(cluster, "one")
    await one.keep()

    one.want("accounts", ["account:1"])
    await one.keep()

    assert held(one) == ["account:1"]


async def test_the_hubs_own_clock_does_not_matter(cluster: Database, clock: Clock) -> None:
    one, other = node(cluster, "one"), node(cluster, "other")
    await one.keep()

    clock.move_by(timedelta(days=2))
    await other.keep()

    assert held(other) == []
    assert leases.LEASE_S + leases.EVERY_S < 15
