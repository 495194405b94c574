"""Proves at start that the hub's key is the one its database was written with."""

from __future__ import annotations

from hub.database import Reading, Transaction
from hub.keyring import Keyring, UnfitKey, WrongKey
from hub.repositories import settings

CANARY = "key_check"
_ABOUT = f"settings|{CANARY}|value"


def check_key(tx: Transaction, keyring: Keyring) -> None:
    """Raise `UnfitKey` unless this key opens what the first start sealed."""
    tx.run(settings.add, key=CANARY, value=keyring.encrypt(CANARY, _ABOUT))
    if not key_fits(tx, keyring):
        raise UnfitKey(
            "This key does not belong to this database: secrets in it could not be read. "
            "Bring back the key that stood beside it when it was written."
        )


def key_fits(reading: Reading, keyring: Keyring) -> bool:
    """Whether this key opens what the first start sealed; any key fits before that."""
    sealed = reading.value(settings.read, key=CANARY)
    try:
        return sealed is None or keyring.decrypt(sealed, _ABOUT) == CANARY
    except WrongKey:
        return False
