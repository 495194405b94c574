"""Pages for people, complete without scripts where scripts are not their point; a file's `routes` are found."""

from __future__ import annotations

import importlib
import pkgutil

from starlette.routing import BaseRoute


def _found() -> list[BaseRoute]:
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return [route for module in modules for route in module.routes]


routes = _found()
