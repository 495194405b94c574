"""The live side: one socket for colleagues, one for visitors, one protocol (`agent_ui/README.md`)."""

from __future__ import annotations

from agent_ui.sockets import console, widget

routes = [*console.routes, *widget.routes]
