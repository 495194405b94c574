"""What a call of the console is: what it is given, who calls, and how a function becomes one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec

from hub.bootstrap import Hub
from hub.security import Actor

Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Line = Annotated[str, msgspec.Meta(max_length=500)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]


class Caller:
    """Who calls, and the hub they call."""

    def __init__(self, hub: Hub, actor: Actor) -> None:
        self.hub = hub
        self.actor = actor


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a call is given; unknown fields are refused."""


Verb = Callable[[Caller, str, Any], Awaitable[Any]]


class Call(msgspec.Struct, frozen=True):
    """A call: the type of what it is given, and what it does.

    What stands `apart` from a console's state may take its time: events go on meanwhile.
    """

    given: type[Any]
    run: Verb
    apart: bool = False


CALLS: dict[str, Call] = {}


def call(given: type[Any], *, apart: bool = False) -> Callable[[Verb], Verb]:
    """Make a function the call of its own name."""

    def register(fn: Verb) -> Verb:
        CALLS[fn.__name__.rstrip("_")] = Call(given, fn, apart)
        return fn

    return register


async def entry_shown(caller: Caller, entry_id: int) -> Any:
    """The entry as consoles show it."""
    return await caller.hub.db.view(caller.hub.snapshot.entry, entry_id)
