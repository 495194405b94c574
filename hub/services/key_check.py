"""Proves at start that the hub's key is the one its database was written with."""

from __future__ import annotations

from hub.database import Transaction
from hub.keyring import Keyring, UnfitKey, WrongKey
from hub.repositories import settings

CANARY = "key_check"
_ABOUT = f"settings|{CANARY}|value"


def check_key(tx: Transaction, keyring: Keyring) -> None:
    """Raise `UnfitKey` unless this key opens what the first start sealed."""
    tx.run(settings.add, key=CANARY, value=keyring.encrypt(CANARY, _ABOUT))
    try:
        keyring.decrypt(tx.value(settings.read, key=CANARY), _ABOUT)
    except WrongKey as problem:
        raise UnfitKey(
            "This key does not belong to this database: secrets in it could not be read. "
            "Bring back the key that stood beside it when it was written."
        ) from problem
