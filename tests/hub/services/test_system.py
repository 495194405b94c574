"""How the hub itself is, as administrators see it, on both databases."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.clock import Clock
from hub.errors import Forbidden
from hub.ports.channel import Received
from hub.ports.errors import Misconfigured, Rejected, Uncertain, Unreachable
from hub.security import Actor, Role
from hub.services import system
from hub.services.system import AccountHealth, System
from tests.hub.fake_channel import payload
from tests.hub.world import World, a_hub, a_mail


async def look(world: World) -> System:
    return await world.hub.systems.look(Actor(id=0, name="Ana", role="admin"))


async def mailbox(world: World) -> AccountHealth:
    return next(account for account in (await look(world)).accounts if account.name == "mail")


async def answer(world: World, clock: Clock, failure: Exception | None = None) -> Any:
    """An answer to a mail, sent as far as that goes."""
    mail = await world.mail()
    if failure is not None:
        world.provider.failures.append(failure)
    entry = await world.reply(await world.colleague(), mail.customer_id)
    clock.move_by(timedelta(minutes=1))
    await world.deliver()
    return entry


@pytest.mark.parametrize("role", ["store", "agent", "supervisor"])
async def test_only_administrators_see_it(world: World, role: Role) -> None:
    with pytest.raises(Forbidden):
        await world.hub.systems.look(Actor(id=0, name="Ben", role=role))


async def test_quiet_hub_shows_every_account_and_nothing_that_waits(world: World) -> None:
    seen = await look(world)

    assert {account.name for account in seen.accounts} == {"api", "web", "phone", "mail", "sales"}
    assert {account.last_in for account in seen.accounts} == {None}
    assert (seen.unread.count, seen.unsent.count, seen.failed, seen.failures) == (0, 0, 0, [])
    assert seen.database_bytes > 0
    assert 0 < seen.disk.free <= seen.disk.total
    assert [node.is_this for node in seen.nodes] == [True]


async def test_account_shows_when_something_last_came_and_went(world: World, clock: Clock) -> None:
    await answer(world, clock)

    account = await mailbox(world)

    assert account.last_in is not None
    assert account.last_out is not None
    assert account.last_out > account.last_in


async def test_past_that_is_brought_in_later_is_not_the_last_that_came(world: World) -> None:
    past = Received(provider_id="old", body=payload(a_mail("From 2019", backfilled=True)), backfilled=True)
    await world.hub.reader.offer(world.accounts["mail"].id, [past])
    await world.hub.reader.read_on()

    assert len(await world.table("entries")) == 1
    assert (await mailbox(world)).last_in is None


async def test_quiet_account_is_looked_for_further_back_each_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "STRETCH", 2)
    await world.mail()
    for n in range(6):
        await world.offer(a_mail(f"Mail {n}"), account="sales")

    found = [(await mailbox(world)).last_in is not None for _ in range(4)]

    assert found == [False, False, True, True]


async def test_what_is_not_read_yet_is_counted_with_its_age(world: World, clock: Clock) -> None:
    arrived = [Received(provider_id=str(n), body=payload(a_mail(f"Mail {n}"))) for n in range(3)]
    await world.hub.reader.offer(world.accounts["mail"].id, arrived)
    clock.move_by(timedelta(minutes=7))

    seen = await look(world)

    assert (seen.unread.count, round(seen.unread.oldest_s)) == (3, 420)
    assert (await mailbox(world)).unread.count == 3


async def test_what_could_not_be_sent_yet_is_counted_with_its_age(world: World, clock: Clock) -> None:
    await answer(world, clock, Unreachable("Nobody there"))
    clock.move_by(timedelta(hours=1))

    account = await mailbox(world)

    assert (account.unsent.count, account.unsent.oldest_s // 3600) == (1, 1)


async def test_account_that_is_misconfigured_shows_why(world: World, clock: Clock) -> None:
    await answer(world, clock, Misconfigured("The password is wrong"))

    account = await mailbox(world)

    assert (account.state, account.state_reason) == ("failing", "The password is wrong")


@pytest.mark.parametrize(
    ("failure", "state"), [(Rejected("No such mailbox", code="5.1.1"), "failed"), (Uncertain("It broke"), "uncertain")]
)
async def test_failure_is_shown_with_its_reason_until_it_is_tried_again(
    world: World, clock: Clock, failure: Exception, state: str
) -> None:
    entry = await answer(world, clock, failure)

    seen = await look(world)
    [shown] = seen.failures
    assert (shown.entry_id, shown.customer_id, shown.state) == (entry.id, entry.customer_id, state)
    assert (shown.reason, seen.failed) == (str(failure), 1)
    await world.hub.delivery.retry(await world.colleague("Lea", "admin"), shown.delivery_id)
    await world.deliver()
    after = await look(world)

    assert (after.failed, after.failures) == (0, [])


async def test_hub_that_has_not_begun_to_work_says_so(world: World) -> None:
    faults = [check for check in (await look(world)).checks if not check.ok]

    assert [(fault.name, fault.code) for fault in faults] == [("work", "not_begun")]


@pytest.mark.parametrize("closed_db", ["postgres"], indirect=True)
async def test_nodes_of_a_cluster_are_shown_with_what_they_hold(world: World, tmp_path: Path) -> None:
    other = a_hub(world.db, tmp_path / "other", world.provider)
    for hub in (world.hub, other):
        hub.leases.want("duty", ["one", "two"])
    await world.hub.leases.keep()
    await other.leases.keep()

    nodes = (await look(world)).nodes

    assert {node.name for node in nodes} == {world.hub.bus.node, other.bus.node}
    assert [node.name for node in nodes if node.is_this] == [world.hub.bus.node]
    assert sum(node.leases for node in nodes) == 2
    other.passwords.stop()
