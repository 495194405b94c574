"""Every kind of event that the hub announces, read from its own code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

from hub.ports.message import Receipt
from hub.security import ACTIONS

SERVICES = Path(__file__).resolve().parents[2] / "hub" / "services"
KIND = re.compile(r"[a-z]+\.[a-z_]+")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def announced_kinds() -> set[str]:
    """What is given to `announce`, by itself or through a function; `changed` where nobody says more."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SERVICES.glob("*.py"))]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, Function)]
    passing_on = [function for function in functions if any(_is_passed_on(call) for call in _calls(function))]
    names = {"announce", *(function.name for function in passing_on)}
    told = [call for tree in trees for call in _calls(tree) if _name(call) in names]
    words = {word for node in [*told, *passing_on] for word in _words(node)}
    # Rights have the shape of kinds, and stand in the same functions.
    return {word for word in words if KIND.fullmatch(word)} - ACTIONS | {"changed"}


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_passed_on(call: ast.Call) -> bool:
    return _name(call) == "announce" and not isinstance(call.args[0], ast.Constant)


def _words(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value
        elif isinstance(inner, ast.JoinedStr) and isinstance(inner.values[0], ast.Constant):
            # A receipt's state is the kind of its event.
            yield from (str(inner.values[0].value) + state for state in get_args(get_type_hints(Receipt)["state"]))
