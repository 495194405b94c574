"""The same client key is the same entry: what a colleague sends again, after a broken line, is there once."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from hub.database import Transaction
from hub.errors import Conflict
from hub.repositories import conversations as entries_sql
from hub.security import Actor


class ClientKeyReused(Conflict):
    """This client_key was used before for another text. Nothing was sent."""

    code = "client_key_reused"


def fingerprint(*parts: Any) -> str:
    """What makes the same key the same call."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def entry_of(tx: Transaction, actor: Actor, key: str, mark: str) -> int | None:
    """The entry that this key made before; raises when it was another text."""
    before = tx.first(entries_sql.by_key, author_kind="agent", author_id=actor.id, client_key=key)
    if before is None:
        return None
    if before.fingerprint != mark:
        raise ClientKeyReused
    return int(before.id)
