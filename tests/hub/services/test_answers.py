"""The same key again is answered the same and does nothing twice."""

import pytest

from hub.database import Transaction
from hub.services.answers import KeyReused, before, remember
from tests.hub.world import World


async def test_what_was_answered_is_answered_again(world: World) -> None:
    await world.db.unit(remember, "agent:1", "k", "print", {"entry": 7})

    assert await world.db.unit(before, "agent:1", "k", "print") == {"entry": 7}


async def test_a_new_key_and_another_authors_key_are_new(world: World) -> None:
    await world.db.unit(remember, "agent:1", "k", "print", 7)

    assert await world.db.unit(before, "agent:1", "l", "print") is None
    assert await world.db.unit(before, "agent:2", "k", "print") is None


async def test_a_key_used_for_something_else_is_refused(world: World) -> None:
    await world.db.unit(remember, "agent:1", "k", "print", 7)

    with pytest.raises(KeyReused):
        await world.db.unit(before, "agent:1", "k", "other")


async def test_what_failed_is_not_remembered(world: World) -> None:
    def fail(tx: Transaction) -> None:
        remember(tx, "agent:1", "k", "print", 7)
        raise LookupError("no")

    with pytest.raises(LookupError):
        await world.db.unit(fail)

    assert await world.db.unit(before, "agent:1", "k", "print") is None
