"""Mails handed to a hub without a mail server between: what carries them there is no part of what is measured."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hub.ports.channel import Received, Receiver

if TYPE_CHECKING:
    # The load, which delivers, starts sooner without it.
    from hub.bootstrap import Hub

# As many as a mail server hands over beside each other.
AT_ONCE = 20
_DOOR = "mails.sock"
_LENGTH = struct.Struct("!I")
_STORED = b"+"


@contextlib.asynccontextmanager
async def door(hub: Hub, folder: Path, account: str) -> AsyncIterator[None]:
    """Where `deliver` finds this hub; each group of mails is answered once it is stored."""
    row = next(row for row in await hub.accounts.every() if row.name == account)
    receive = hub.reader.receiver(row.id)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
                await _store(receive, await reader.readexactly(length))
                writer.write(_STORED)
        writer.close()

    async with await asyncio.start_unix_server(take, folder / _DOOR, limit=1 << 24):
        yield


async def _store(receive: Receiver, group: bytes) -> None:
    mails = msgspec.msgpack.decode(group, type=list[bytes])
    await receive([Received(provider_id="smtp:" + hashlib.sha256(mail).hexdigest(), body=mail) for mail in mails])


def deliver(folder: Path, mails: Sequence[bytes]) -> None:
    """Hand them over, the next when the ones before are stored."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(folder / _DOOR))
        for start in range(0, len(mails), AT_ONCE):
            group = msgspec.msgpack.encode(mails[start : start + AT_ONCE])
            line.sendall(_LENGTH.pack(len(group)) + group)
            if line.recv(1) != _STORED:
                raise ConnectionError("The hub did not take the mails.")
