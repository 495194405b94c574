"""The audit trail: who did what to what, in ids, so that it may outlive an erasure."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.database import Transaction
from hub.repositories import audit
from hub.security import Actor


def record(tx: Transaction, action: str, subject: str = "", *, by: Actor | int | None = None, **details: Any) -> None:
    """Write down an act within the unit that does it. `by` None: the hub itself, or who runs it at its command line."""
    agent_id = by.id if isinstance(by, Actor) else by
    written = msgspec.json.encode(details).decode()
    tx.run(audit.add, at=tx.now, agent_id=agent_id, action=action, subject=subject, details=written)
