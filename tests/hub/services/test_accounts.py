"""Accounts: their settings checked, their secrets sealed, their state in sight."""

from typing import Any

import pytest

from hub.errors import Invalid, NotFound
from hub.services.accounts import NoSuchAccount
from tests.hub.world import World, at_once


async def row(world: World, name: str) -> Any:
    [found] = [row for row in await world.table("accounts") if row.name == name]
    return found


async def test_what_exists_from_the_start_is_made_once(world: World) -> None:
    await at_once([world.hub.prepare() for _ in range(4)])

    assert sorted(row.name for row in await world.hub.accounts.every()) == ["api", "mail", "phone", "sales", "web"]


async def test_secrets_stand_nowhere_in_the_clear(world: World) -> None:
    await world.hub.accounts.save("shop", "fake", {"address": "shop@example.com", "secret": "open sesame"})

    stored = await row(world, "shop")
    assert "sesame" not in stored.settings + stored.secrets
    assert (await world.hub.accounts.get("shop")).settings == {"address": "shop@example.com", "secret": "open sesame"}
    assert not [event for event in await world.table("events") if "sesame" in event.body]


async def test_a_secret_of_one_account_opens_nowhere_else(world: World) -> None:
    from hub.keyring import WrongKey

    await world.hub.accounts.save("one", "fake", {"address": "1@example.com", "secret": "a"})
    await world.hub.accounts.save("two", "fake", {"address": "2@example.com", "secret": "b"})
    await world.execute("UPDATE accounts SET secrets = (SELECT secrets FROM accounts WHERE name = 'one')")

    with pytest.raises(WrongKey):
        await world.hub.accounts.get("two")


async def test_a_secret_left_out_keeps_its_value(world: World) -> None:
    await world.hub.accounts.save("shop", "fake", {"address": "a@example.com", "secret": "s"})
    await world.hub.accounts.save("shop", "fake", {"address": "b@example.com"}, "The shop")

    account = await world.hub.accounts.get("shop")
    assert (account.label, account.settings) == ("The shop", {"address": "b@example.com", "secret": "s"})


@pytest.mark.parametrize(
    ("name", "channel", "settings"),
    [
        ("Shop!", "fake", {"address": "a@example.com"}),
        ("", "fake", {"address": "a@example.com"}),
        ("shop", "fake", {}),
        ("shop", "fake", {"address": "a@example.com", "colour": "red"}),
        ("web", "fake", {"address": "a@example.com"}),
    ],
)
async def test_nonsense_is_refused(world: World, name: str, channel: str, settings: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        await world.hub.accounts.save(name, channel, settings)


async def test_what_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NoSuchAccount):
        await world.hub.accounts.get("nowhere")
    with pytest.raises(NotFound):
        await world.hub.accounts.save("shop", "pigeon", {})


async def test_a_removed_account_keeps_its_words_and_loses_its_secrets(world: World) -> None:
    await world.hub.accounts.save("shop", "fake", {"address": "a@example.com", "secret": "s"})

    await world.hub.accounts.remove("shop")

    with pytest.raises(NoSuchAccount):
        await world.hub.accounts.get("shop")
    assert ((await row(world, "shop")).gone, (await row(world, "shop")).secrets) == (True, "")


async def test_a_state_is_told_when_it_changes(world: World) -> None:
    account_id = world.accounts["mail"].id
    for state, reason in (("failing", "Away"), ("failing", "Away"), ("ok", "")):
        await world.hub.accounts.set_state(account_id, state, reason)

    told = [event for event in await world.table("events") if event.kind == "account.state_changed"]
    assert len(told) == 2


async def test_an_account_is_tried_against_the_other_side(world: World) -> None:
    world.provider.open.clear()
    [probe] = await world.hub.accounts.test("mail")

    assert (probe.ok, probe.remedy) == (False, "Open it.")
    world.provider.open.set()
