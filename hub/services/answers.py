"""The one answer to each call: the same key again is answered the same and does nothing twice."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.database import Transaction
from hub.errors import Conflict
from hub.repositories import events as sql


class KeyReused(Conflict):
    """This key was used before for something else. Nothing was done."""

    code = "client_key_reused"


def before(tx: Transaction, author: str, key: str, fingerprint: str) -> Any | None:
    """What this key was answered before, None when it is new; raises `KeyReused`."""
    row = tx.first(sql.answer, author=author, key=key)
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise KeyReused
    return msgspec.json.decode(row.answer)


def remember(tx: Transaction, author: str, key: str, fingerprint: str, answer: Any) -> None:
    """Keep the answer, in the unit that did what was asked."""
    body = msgspec.json.encode(answer).decode()
    tx.run(sql.remember_answer, author=author, key=key, fingerprint=fingerprint, answer=body, at=tx.now)
