"""The web application around a hub: pages, the HTTP API, both sockets, and the guards in front of all of them."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from agent_ui import api, assets, guards, hooks, pages, sockets
from agent_ui.site import Site
from agent_ui.sockets.arrivals import Arrivals
from agent_ui.sockets.feed import Feed
from agent_ui.sockets.outlet import Unsent
from agent_ui.sockets.presence import Presence
from agent_ui.sockets.screen_pop import ScreenPop
from agent_ui.sockets.widgets import Widgets
from hub.bootstrap import Hub
from hub.bounds import Rate


def create_app(hub: Hub, pace: guards.Pace | None = None) -> Site:
    """The application of a started hub; it listens to the hub's log from now on. `pace`: how slowly bodies may come."""
    public = urlsplit(hub.settings.public_url)
    limits = hub.settings.limits
    arrivals = Arrivals(limits)
    app = Site(
        [*assets.routes, *api.routes, *hooks.routes, *sockets.routes, *pages.routes],
        public_url=hub.settings.public_url,
        names=[hub.settings.host],
        trusted_proxies=hub.settings.trusted_proxies.split(","),
        limits=limits,
        arrivals=arrivals,
        pace=pace,
    )
    feed = Feed()
    widgets = Widgets(hub.bus, limits)
    hub.counts.share(widgets.throttles())
    presence = Presence(hub.bus, feed)
    presence.on_typing(widgets.on_typing)
    hub.log.listen(feed.on_events)
    hub.log.listen(widgets.on_events)
    hub.log.listen(ScreenPop(hub, feed).on_events)
    app.state.hub = hub
    app.state.arrivals = arrivals
    app.state.unsent = Unsent(limits)
    app.state.token_rate = Rate(limits.requests_per_token)
    hub.counts.share({"tokens": app.state.token_rate})
    app.state.feed = feed
    app.state.widgets = widgets
    app.state.presence = presence
    # Set when the hub is about to stop; sockets say so and end.
    app.state.stopping = asyncio.Event()
    app.state.origins = {f"{public.scheme}://{public.netloc}".lower()} if public.netloc else set()
    return app
