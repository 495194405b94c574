"""How the running hub is doing, for `doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from hub.commands.calls import Call, Say
from hub.config import Settings
from hub.services.readiness import Check
from hub.version import version

if TYPE_CHECKING:
    from hub.bootstrap import Hub


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What a hub says of itself: with which settings it runs, what time it has, and what of it is not well."""

    settings: Settings
    version: str
    now: int
    movable: bool
    faults: list[Check]

    @classmethod
    def of(cls, told: Any) -> Status:
        """As it came over the control port."""
        return msgspec.convert(told, cls, dec_hook=lambda kind, value: kind(value))


class ReadStatus(Call, tag="status"):
    """Where the hub is, what time it has, and how its parts are."""

    needs_running: ClassVar[bool] = True

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        faults = [check for check in await hub.readiness.checks() if not check.ok]
        status = Status(
            settings=hub.settings, version=version(), now=hub.clock.now(), movable=hub.clock.movable, faults=faults
        )
        return msgspec.to_builtins(status, enc_hook=_written)


def _written(value: Any) -> str:
    assert isinstance(value, Path)
    return str(value)
