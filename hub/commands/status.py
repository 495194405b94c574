"""How the running hub is doing, for `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hub.commands.calls import Call, Say

if TYPE_CHECKING:
    from hub.bootstrap import Hub


class ReadStatus(Call, tag="status"):
    """Where the hub is, and what time it has."""

    needs_running: ClassVar[bool] = True

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        return {"url": hub.settings.url, "now": hub.clock.now(), "movable": hub.clock.movable}
