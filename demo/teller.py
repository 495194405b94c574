"""Tells the story to a hub: moves its clock from step to step and has each step done by whoever does it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from demo.cast import Cast
from demo.inside import Inside
from demo.outside import Outside
from demo.script import Step
from hub.bootstrap import Hub

# Called with how many steps are told, of how many.
Progress = Callable[[int, int], None]


async def tell(hub: Hub, cast: Cast, steps: Sequence[Step], progress: Progress) -> None:
    """Tell all steps at their own times; afterwards the hub's clock shows the present again."""
    began, present = asyncio.get_running_loop().time(), hub.clock.now()
    acts = Outside(hub, cast).acts | Inside(hub, cast).acts
    hub.clock.move_to(steps[0].at)
    for told, step in enumerate(steps, 1):
        # What took a while to be done does not make the next step happen before it.
        hub.clock.move_to(max(step.at, hub.clock.now()))
        await acts[type(step)](step)
        progress(told, len(steps))
    hub.clock.move_to(present)
    hub.clock.move_by(timedelta(seconds=asyncio.get_running_loop().time() - began))
