"""Moves the clock of a hub that tells a story: only where it was started for that."""

from __future__ import annotations

import re
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from hub.clock import to_ms, to_text
from hub.commands.calls import Call, Say
from hub.commands.errors import Fault, Usage
from hub.commands.session import Outcome, Session
from hub.commands.tree import Tree

if TYPE_CHECKING:
    from hub.bootstrap import Hub

_DURATION = re.compile(
    r"\+(?:(?P<days>\d{1,6})d)?(?:(?P<hours>\d{1,6})h)?(?:(?P<minutes>\d{1,6})m)?(?:(?P<seconds>\d{1,6})s)?"
)
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class MoveClock(Call, tag="clock.set"):
    """The hub's clock at another time: at `moment`, or later `by` so many seconds."""

    moment: datetime | None = None
    by: float = 0
    needs_running: ClassVar[bool] = True

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        try:
            if self.moment is None:
                hub.clock.move_by(timedelta(seconds=self.by))
            else:
                hub.clock.move_to(to_ms(self.moment))
        except PermissionError as problem:
            raise Fault(str(problem)) from problem
        # What is due by now, is due now.
        hub.delivery.wake()
        return {"now": to_text(hub.clock.now())}


async def move(session: Session, given: Namespace) -> Outcome:
    moved = await session.ask(_asked(given.time))
    return Outcome(value=moved, text=f"It is now {moved['now']}.")


def _asked(written: str) -> MoveClock:
    duration = _DURATION.fullmatch(written)
    if duration and len(written) > 1:
        return MoveClock(by=timedelta(**{unit: int(n) for unit, n in duration.groupdict("0").items()}).total_seconds())
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Usage(f"“{written}” is no time (2026-03-08T12:00:00Z) and no duration (+1d2h30m).") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not _EARLIEST <= moment <= _LATEST:
        raise Usage("A story plays between 1990 and 2200.")
    return MoveClock(moment=moment)


def grow(tree: Tree) -> None:
    """Add these commands to the tree."""
    group = tree.group("clock", "the clock of a hub that runs with --test-clock")
    moving = group.command("set", move, "set the running hub's clock, or move it on", example="clock set +1d2h")
    moving.add_argument("time", metavar="TIME|+DURATION", help="2026-03-08T12:00:00Z, or +1d2h30m15s")
