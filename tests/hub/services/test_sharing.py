"""An address that several people use identifies nobody, until it is one's alone again."""

from typing import Any

import pytest

from hub.errors import Forbidden, Invalid
from hub.ports.message import Address, InboundMessage
from hub.security import Actor
from hub.services.sharing import HeldByAnother, NoSuchEndpoint
from tests.hub.world import CUSTOMER, World


async def shared(world: World) -> tuple[Actor, Any]:
    """A colleague, and the first mail from an address that turned out to be a family's."""
    mara = await world.colleague()
    entry = await world.mail()
    assert (await world.hub.sharing.share(mara, entry.endpoint.id, True)).shared
    return mara, entry


async def test_what_comes_from_a_shared_address_is_kept_apart(world: World) -> None:
    _, first = await shared(world)

    brother = await world.mail("I am her brother")

    assert brother.customer_id != first.customer_id
    screen = await world.screen(first.customer_id)
    assert [(endpoint.held, endpoint.shared) for endpoint in screen.customer.endpoints] == [(True, True)]
    assert [row.action for row in await world.table("audit")] == ["address_shared"]


async def test_what_comes_later_joins_its_holder_again(world: World) -> None:
    mara, first = await shared(world)
    await world.hub.sharing.share(mara, first.endpoint.id, False)

    assert (await world.mail("Me again")).customer_id == first.customer_id


async def test_saying_it_again_changes_nothing(world: World) -> None:
    mara, first = await shared(world)
    before = await world.screen(first.customer_id)

    await world.hub.sharing.share(mara, first.endpoint.id, True)

    assert await world.screen(first.customer_id) == before
    assert len(await world.table("audit")) == 1


async def test_an_address_that_another_holds_by_now_stays_shared(world: World) -> None:
    mara, first = await shared(world)
    proven = InboundMessage(external_id="1", sender=Address(kind="session", address="s-1"), text="Hello")
    other = await world.hub.intake.take(world.accounts["api"], proven, b"1")
    await world.execute(
        "INSERT INTO endpoints (kind, scope, address, shown, customer_id, held, session, assurance, method, seen_at) "
        f"VALUES ('email', '', '{CUSTOMER}', '{CUSTOMER}', {other.customer_id}, true, '', 'link', '', 0)"
    )

    with pytest.raises(HeldByAnother):
        await world.hub.sharing.share(mara, first.endpoint.id, False)
    assert [row.shared for row in await world.table("endpoints") if row.id == first.endpoint.id] == [True]


async def test_what_makes_no_sense_is_refused(world: World) -> None:
    mara = await world.colleague()
    visitor = await world.visitor()
    await world.chat(visitor)
    await world.hub.visitors.leave_email(visitor, CUSTOMER)
    [claim] = [row for row in await world.table("endpoints") if not row.held]

    with pytest.raises(Invalid):
        await world.hub.sharing.share(mara, claim.id, True)
    with pytest.raises(NoSuchEndpoint):
        await world.hub.sharing.share(mara, 999, True)
    with pytest.raises(Forbidden):
        await world.hub.sharing.share(Actor(id=9, name="till", role="store"), claim.id, True)
