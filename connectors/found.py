"""Finds the connectors: a class in this folder is enough, no list is edited."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

from hub.ports.channel import Channel
from hub.ports.commerce import Commerce

T = TypeVar("T")


def _in_folder(folder: ModuleType, port: type[T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for module_info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{folder.__name__}.{module_info.name}")
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, port) and item.__module__.startswith(module.__name__):
                found[module_info.name] = item()
    return found


def channels() -> dict[str, Channel]:
    """Every channel by its name, which is its file's name."""
    from connectors import channels as folder

    return _in_folder(folder, Channel)  # type: ignore[type-abstract]


def shops() -> dict[str, Commerce]:
    """Every shop system by its name, which is its file's name."""
    from connectors import commerce as folder

    return _in_folder(folder, Commerce)
