"""Pages for people, complete without scripts but for those that scripts run in."""

from __future__ import annotations

from agent_ui.pages import account, console, sign_in

routes = [*sign_in.routes, *account.routes, *console.routes]
