"""What the commands are handed by `run.py`: connectors and pages, which the hub itself does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from hub.bootstrap import Hub
    from hub.limits import Limits
    from hub.ports.channel import Channel
    from hub.ports.commerce import Commerce


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The chosen connectors, and how the web server is made. Each is made when a command asks for it."""

    channels: Callable[[], Mapping[str, Channel]]
    shops: Callable[[], Mapping[str, Commerce]]
    site: Callable[[Hub], Starlette]
    # What uvicorn is given beside the site and where it listens.
    server_options: Callable[[Limits], Mapping[str, Any]]
    # Why the site could not be shown: the browser bundle is missing. '' when it is there.
    bundle_fault: Callable[[], str]
