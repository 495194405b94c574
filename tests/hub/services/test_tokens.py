"""Who comes in with a token, what they may do, and until when."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hub import models
from hub.clock import Clock
from hub.database import Database, Statement
from hub.errors import Forbidden, Invalid
from hub.security import ACTIONS, Actor, authorize, may
from hub.services.actors import Remembered
from hub.services.tokens import BadScope, BadToken, Known, NoSuchToken, Tokens
from tests.hub.world import World

STORED = Statement(select(models.tokens.c.secret_hash))


@pytest.fixture(name="tokens")
def open_tokens(db: Database) -> Tokens:
    return Tokens(db, Remembered[Known](db.clock))


async def test_a_token_acts_as_a_colleague_named_after_it(tokens: Tokens) -> None:
    made = await tokens.create(None, name="Shop backend")

    actor = await tokens.actor_of_token(made.text)

    assert (actor.name, actor.role, actor.is_token) == ("Shop backend", "admin", True)
    assert all(may(actor, action) for action in ACTIONS)


@pytest.mark.parametrize(
    ("scopes", "role", "allowed", "refused"),
    [
        (["search"], "agent", "search", "messages.write"),
        (["orders.write", "orders.read"], "agent", "orders.write", "customers.read"),
        (["orders.read"], "store", "orders.read", "orders.write"),
        (["agent"], "agent", "messages.write", "teams.write"),
        (["store", "metrics"], "admin", "metrics", "settings.write"),
        (["admin"], "admin", "settings.write", ""),
    ],
)
async def test_a_token_may_do_what_its_scopes_say(
    tokens: Tokens, scopes: list[str], role: str, allowed: str, refused: str
) -> None:
    made = await tokens.create(None, name="Till", scopes=scopes)

    actor = await tokens.actor_of_token(made.text)

    assert actor.role == role
    authorize(actor, allowed)
    if refused:
        with pytest.raises(Forbidden):
            authorize(actor, refused)


async def test_a_scope_that_does_not_exist_is_refused(tokens: Tokens) -> None:
    with pytest.raises(BadScope, match="everything"):
        await tokens.create(None, name="Till", scopes=["search", "everything"])

    assert await tokens.listed(None) == []


async def test_a_token_is_stored_only_as_its_hash(tokens: Tokens, db: Database) -> None:
    made = await tokens.create(None, name="Till")

    stored = await db.view(lambda reading: reading.value(STORED))

    assert stored not in made.text
    assert made.text.split("_", 2)[2] not in stored


async def test_only_the_whole_token_is_taken(tokens: Tokens) -> None:
    made = await tokens.create(None, name="Till")
    other = await tokens.create(None, name="Bank")
    secret = made.text.split("_", 2)[2]

    for text in (
        "",
        "ot",
        made.text[:-1],
        made.text + "A",
        made.text.upper(),
        f"ot_{other.id}_{secret}",
        f"ot_0{made.id}_{secret}",
        f"ot_99999999999999999999_{secret}",
        f"ot_{made.id}_{secret}\n",
        f"ot_\u0661_{secret}",
    ):
        with pytest.raises(BadToken):
            await tokens.actor_of_token(text)


async def test_a_revoked_token_is_out_at_once(tokens: Tokens) -> None:
    made = await tokens.create(None, name="Till")
    await tokens.actor_of_token(made.text)

    await tokens.revoke(None, made.id)
    await tokens.revoke(None, made.id)

    with pytest.raises(BadToken):
        await tokens.actor_of_token(made.text)
    with pytest.raises(NoSuchToken):
        await tokens.revoke(None, 4711)


async def test_a_token_expires(tokens: Tokens, clock: Clock) -> None:
    made = await tokens.create(None, name="Till", expires_at=clock.now() + 60_000)
    await tokens.actor_of_token(made.text)
    clock.move_by(timedelta(minutes=2))

    with pytest.raises(BadToken):
        await tokens.actor_of_token(made.text)
    with pytest.raises(Invalid):
        await tokens.create(None, name="Till", expires_at=clock.now() - 1)


async def test_the_list_says_when_a_token_was_last_used_and_never_its_secret(tokens: Tokens) -> None:
    used = await tokens.create(None, name="Till", scopes=["store"])
    await tokens.create(None, name="Bank")
    await tokens.actor_of_token(used.text)

    till, bank = await tokens.listed(None)

    assert (till.name, till.scopes, bank.name, bank.scopes) == ("Till", ["store"], "Bank", [])
    assert till.last_used_at is not None
    assert bank.last_used_at is None
    assert used.text.split("_", 2)[2] not in repr(till)


async def test_only_administrators_make_see_and_revoke_tokens(tokens: Tokens) -> None:
    ben = Actor(id=1, name="Ben", role="supervisor")

    with pytest.raises(Forbidden):
        await tokens.create(ben, name="Till")
    with pytest.raises(Forbidden):
        await tokens.listed(ben)
    with pytest.raises(Forbidden):
        await tokens.revoke(ben, 1)


async def test_a_token_makes_no_token_stronger_than_itself(tokens: Tokens) -> None:
    made = await tokens.create(None, name="Maker", scopes=["tokens.write"])
    maker = await tokens.actor_of_token(made.text)

    with pytest.raises(Forbidden):
        await tokens.create(maker, name="Stronger")
    with pytest.raises(Forbidden):
        await tokens.create(maker, name="Stronger", scopes=["search"])
    await tokens.create(maker, name="As strong", scopes=["tokens.write"])


async def test_a_token_is_among_the_colleagues_it_acts_as(world: World) -> None:
    lea = await world.colleague("Lea", "admin")

    await world.hub.tokens.create(lea, name="shop", scopes=["orders.write"])

    shown = await world.db.view(world.hub.snapshot.agents)
    assert [(agent.name, agent.is_token) for agent in shown] == [("Lea", False), ("shop", True)]
