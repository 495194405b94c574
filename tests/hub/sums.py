"""What became of everything that was offered to a hub, counted: the sums must agree."""

from collections import Counter

from sqlalchemy import select

from hub.bootstrap import Hub
from hub.database import Statement
from hub.models import intake

_STATES = Statement(select(intake.c.state).order_by(intake.c.id))


async def sums(hub: Hub) -> dict[str, int]:
    """How many items were offered, by what became of them."""
    return dict(Counter(row.state for row in await hub.db.view(lambda rd: rd.all(_STATES))))
