"""What arrives faster than it is read is left where it is once too much waits here."""

import pytest

from hub.bounds import Overloaded
from hub.ports.channel import Received
from hub.services import backlog
from hub.services.backlog import Backlog
from tests.hub.fake_channel import payload
from tests.hub.world import World, a_mail


async def test_beyond_its_bound_nothing_is_taken_in_until_it_was_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "LOOK_AGAIN_S", 0)
    reader = world.hub.reader
    reader._backlog = Backlog(world.db, 2)
    mail = world.accounts["mail"].id

    async def arrives(number: int) -> None:
        body = payload(a_mail(external_id=f"<{number}@client>"))
        await reader.offer(mail, [Received(provider_id=f"{number}", body=body)])

    await arrives(1)
    await arrives(2)
    with pytest.raises(Overloaded) as refused:
        await arrives(3)
    assert refused.value.retry_after > 0

    await reader.read_on()
    await arrives(3)
