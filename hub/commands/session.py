"""One run of a command: its settings, the connectors, and the hub it asks, which may be running or not."""

from __future__ import annotations

import asyncio
import os
import time
from argparse import Namespace
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any

import msgspec

from hub.commands.calls import Call, Say
from hub.commands.checks.configuration import NONSENSE, check_configuration
from hub.commands.control import NotReached, ask
from hub.commands.errors import Fault, Usage
from hub.commands.parts import Parts
from hub.config import LIMIT_PREFIX, Settings, from_environment
from hub.data_folder import DataFolder, FolderInUse

# A hub that starts holds its folder a while before it takes calls, and so does another command.
PATIENCE_S = 20.0
LOOK_AGAIN_S = 0.05


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a command found or did: `value` for programs (`--json`), `text` for people."""

    value: Any
    text: str
    status: int = 0


class Session:
    """Carries out calls: through the control port of the hub that runs in this data folder, else in one of its own."""

    def __init__(self, given: Namespace, parts: Parts, say: Say) -> None:
        self._given = given
        self.parts = parts
        self.say = say

    @cached_property
    def settings(self) -> Settings:
        """What the options and the environment say; raises `Usage` where they make no sense."""
        given = {name: getattr(self._given, name, None) for name in Settings.__struct_fields__}
        try:
            settings = from_environment(os.environ, **given)
        except msgspec.ValidationError as problem:
            raise Usage(_nonsense(problem)) from problem
        for finding in check_configuration(settings):
            if finding.about == NONSENSE:
                raise Usage(f"{finding.text[0].upper()}{finding.text[1:]}. {finding.remedy}")
        return settings

    @cached_property
    def folder(self) -> DataFolder:
        return DataFolder(self.settings.data)

    async def ask(self, call: Call) -> Any:
        """What the call answers, as JSON has it. Raises what `sentence` knows."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                with self.folder.locked():
                    return await self._alone(call)
            except FolderInUse:
                if time.monotonic() > until:
                    raise
            control = self.folder.read_control()
            try:
                if control is not None:
                    return await ask(control, call, self.say)
            except NotReached:
                pass
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _alone(self, call: Call) -> Any:
        if call.needs_running:
            raise Fault(f"No hub runs in the data folder {self.folder.path}. Start one with `serve`.")
        # Only now: while a hub runs, it has loaded all that the call needs.
        from hub.bootstrap import build

        hub = await build(self.settings, self.parts.channels(), self.parts.shops())
        await hub.start()
        try:
            return msgspec.json.decode(msgspec.json.encode(await call.carry_out(hub, self.say)))
        finally:
            await hub.stop()


def _nonsense(problem: msgspec.ValidationError) -> str:
    reason, _, setting = str(problem).partition(" - at `$.")
    name = setting.rstrip("`")
    if name.startswith("limits"):
        variable = LIMIT_PREFIX + name.removeprefix("limits").removeprefix(".").upper()
        return f"{variable}{'' if name.partition('.')[2] else '…'} makes no sense: {reason[0].lower()}{reason[1:]}."
    return f"--{name.replace('_', '-')} or ONETHREAD_{name.upper()} makes no sense: {reason[0].lower()}{reason[1:]}."


Run = Callable[[Session, Namespace], Awaitable[Outcome]]
