"""What arrives more than once, by other ways each time, becomes one thing: the first copy says what it became."""

from __future__ import annotations

from hub.database import Transaction
from hub.repositories import intake as sql


def first_of(tx: Transaction, mark: str, within_ms: int | None = None) -> int | None:
    """The entry that this same thing became before; None: it is the first, and others at once wait until it is filed.

    Without `within_ms` it stays the same thing for ever. Say what it became with `file_first`.
    """
    if tx.run(sql.first_copy, fingerprint=mark, entry_id=0, at=tx.now, expires_at=_end(tx.now, within_ms)):
        return None
    copy = tx.one(sql.copy, fingerprint=mark)
    return int(copy.entry_id) if within_ms is None or tx.now - copy.at <= within_ms else None


def file_first(tx: Transaction, mark: str, entry_id: int, within_ms: int | None = None) -> None:
    """Note what `first_of` let through."""
    tx.run(sql.renew_copy, fingerprint=mark, entry_id=entry_id, at=tx.now, expires_at=_end(tx.now, within_ms))


def _end(now: int, within_ms: int | None) -> int | None:
    return None if within_ms is None else now + within_ms
