"""The hub starts only with the key that its database was written with."""

import secrets

import pytest

from hub.database import Database
from hub.keyring import Keyring, UnfitKey
from hub.services.key_check import check_key


async def test_a_hub_starts_again_with_the_key_of_its_first_start(db: Database) -> None:
    keyring = Keyring(secrets.token_bytes(32))

    await db.unit(check_key, keyring)
    await db.unit(check_key, keyring)


async def test_a_hub_does_not_start_with_another_key(db: Database) -> None:
    await db.unit(check_key, Keyring(secrets.token_bytes(32)))

    with pytest.raises(UnfitKey, match="does not belong to this database"):
        await db.unit(check_key, Keyring(secrets.token_bytes(32)))
