"""What commands ask of a hub. The same call is carried out by a hub of the command's own, or by the one that runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

if TYPE_CHECKING:
    from hub.bootstrap import Hub


# Tells whoever waits how far it is.
Say = Callable[[str], None]


class Call(msgspec.Struct, forbid_unknown_fields=True, tag_field="do"):
    """One thing to do or to read. A class of its own for each, tagged with its name on the line."""

    # Makes sense only in a hub that runs.
    needs_running: ClassVar[bool] = False

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        """Do it, once; what is returned can be written as JSON. Raises `HubError` or `Fault`."""
        raise NotImplementedError
