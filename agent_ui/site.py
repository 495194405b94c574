"""Starlette as we use it: every route behind the guards, which answer every failure, and nothing else in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from agent_ui.guards import Guards


class Site(Starlette):
    """An application of these routes; the options are those of `Guards`."""

    def __init__(self, routes: Sequence[BaseRoute], **options: Any) -> None:
        super().__init__(routes=routes)
        self._options = options

    def build_middleware_stack(self) -> ASGIApp:
        """Not Starlette's own layers around the routes: what they do with failures the guards do."""
        return Guards(_Direct(self.router), **self._options)


class _Direct:
    """Finds routes without parameters by their path at once, which the router would try one by one."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._routes = {
            (route.path, method): route
            for route in reversed(router.routes)
            if isinstance(route, Route) and "{" not in route.path
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get((scope["path"], scope.get("method", "")))
        if route is None:
            await self._router(scope, receive, send)
            return
        scope.update(router=self._router, route=route, endpoint=route.endpoint, path_params={})
        await route.app(scope, receive, send)
