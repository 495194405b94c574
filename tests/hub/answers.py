"""An answer on its way, for tests of what becomes of it."""

from typing import Any

from hub.bootstrap import Hub
from hub.ports.message import Receipt
from hub.security import Actor
from hub.services.deliveries import Deliveries
from hub.services.sending import Sender
from tests.hub.world import World, number


async def answered(world: World, text: str = "Yes.") -> tuple[Actor, Any]:
    """A colleague has answered a mail; it waits to be sent."""
    mara = await world.colleague()
    first = await world.mail(f"Hello {number()}")
    return mara, await world.reply(mara, first.customer_id, text)


async def state(world: World, entry: Any) -> tuple[str, str]:
    """What a colleague sees: the state and its reason."""
    shown = (await world.entry(entry.id)).delivery
    return shown.state, shown.reason


async def failed(world: World, entry: Any) -> int:
    """How many failures of its request nobody has dealt with."""
    [row] = [row for row in await world.table("requests") if row.id == entry.request_id]
    return int(row.failed)


async def receipt(world: World, entry: Any, what: Any, **more: Any) -> None:
    """The other side tells something about what was sent."""
    [sent] = [row for row in await world.table("provider_ids") if row.delivery_id == entry.delivery.id]
    news = Receipt(external_id=f"{number()}", provider_id=sent.provider_id, state=what, **more)
    await world.offer(news)


def another(hub: Hub) -> Deliveries:
    """A worker with its own eyes on the same table, as another node of a cluster has."""
    return Deliveries(hub.db, hub.channels, Sender(hub.db, hub.channels, hub.accounts, hub.outgoing))
