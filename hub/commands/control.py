"""How a command reaches the running hub: one line of JSON over loopback, with the secret that its folder tells.

The hub answers with lines: `said` while it works, then `refused` or `result`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from hub.commands.calls import Call, Say
from hub.commands.errors import Fault
from hub.data_folder import Control

HOST = "127.0.0.1"
ANSWER_BYTES = 64 * 1024 * 1024


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The line that a command sends."""

    secret: str
    call: msgspec.Raw


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the answer. One without words is the result."""

    said: str = ""
    refused: str = ""
    result: msgspec.Raw = msgspec.Raw(b"null")


class NotReached(Exception):
    """No hub listens there."""


async def ask(control: Control, call: Call, say: Say) -> Any:
    """Have the running hub carry out a call. Raises `NotReached`, or `Fault` with what the hub said."""
    try:
        reader, writer = await asyncio.open_connection(HOST, control.port, limit=ANSWER_BYTES)
    except OSError as problem:
        raise NotReached from problem
    asked = Asked(secret=control.secret, call=msgspec.Raw(msgspec.json.encode(call)))
    try:
        writer.write(msgspec.json.encode(asked) + b"\n")
        return await _outcome(reader, say)
    except (OSError, EOFError) as problem:
        raise Fault("The hub went away in the middle of this. Look whether it was done, then try again.") from problem
    finally:
        writer.close()


async def _outcome(reader: asyncio.StreamReader, say: Say) -> Any:
    while line := await reader.readline():
        told = msgspec.json.decode(line, type=Line)
        if told.refused:
            raise Fault(told.refused)
        if not told.said:
            return msgspec.json.decode(told.result)
        say(told.said)
    raise EOFError
