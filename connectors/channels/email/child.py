"""Mails are read in a process of their own: a hostile one may cost that process, never the hub or the next mail."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

import msgspec

from connectors.channels.email.parse import parse
from connectors.channels.email.settings import Mailbox
from hub.ports.errors import Unreadable
from hub.ports.message import CallReport, Ignored, InboundMessage, Item, Receipt

_SERVE = f"import sys; from {__name__} import serve; serve(*map(int, sys.argv[1:]))"
_LENGTH = struct.Struct("!Q")
_KINDS: dict[str, type[Item]] = {kind.__name__: kind for kind in (InboundMessage, Receipt, CallReport, Ignored)}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What reading one mail may take, and after how many mails a child makes room for a fresh one."""

    cpu_seconds: int = 10
    wall_seconds: float = 30
    memory: int = 2 * 1024**3
    mails: int = 1_000
    children: int = 2


class _Asked(msgspec.Struct):
    mailbox: Mailbox
    raw: bytes
    notes: dict[str, str]


class _Told(msgspec.Struct):
    """What a child answers: each item beside its kind, or why there are none."""

    items: list[tuple[str, msgspec.Raw]] = []
    unreadable: str = ""
    code: str = ""


class Readers:
    """A few child processes that read mails, started when needed, replaced when a mail took them down."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._pool = ThreadPoolExecutor(self._limits.children, thread_name_prefix="mail-reader")
        self._own = threading.local()
        self._running: set[_Child] = set()
        # The port has no end of life: children go when the channel does, at the latest with the interpreter.
        weakref.finalize(self, _stop, self._running, self._pool)

    async def read(self, mailbox: Mailbox, raw: bytes, notes: Mapping[str, str]) -> Sequence[Item]:
        """`parse`, somewhere else. Raises `Unreadable`, also when the mail took more than it may."""
        asked = msgspec.msgpack.encode(_Asked(mailbox, raw, dict(notes)))
        told = await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, asked)
        if told.unreadable:
            raise Unreadable(told.unreadable, code=told.code)
        return [msgspec.msgpack.decode(item, type=_KINDS[kind]) for kind, item in told.items]

    def _ask(self, asked: bytes) -> _Told:
        child: _Child | None = getattr(self._own, "child", None)
        if child is None or not child.is_fit():
            child = self._replaced(child)
        try:
            return child.ask(asked)
        except (OSError, EOFError, msgspec.DecodeError):
            self._own.child = None
            self._running.discard(child)
            child.end()
            return _Told(unreadable="Reading this mail took more time or memory than a mail may take.")

    def _replaced(self, old: _Child | None) -> _Child:
        if old is not None:
            self._running.discard(old)
            old.end()
        child = self._own.child = _Child(self._limits)
        self._running.add(child)
        return child


def _stop(running: set[_Child], pool: ThreadPoolExecutor) -> None:
    for child in list(running):
        child.end()
    pool.shutdown(wait=False)


class _Child:
    """One process and the pipes to it; used by one thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.mails
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _SERVE, str(limits.cpu_seconds), str(limits.memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What Python says of a child that breaks would quote the mail in the hub's log.
            stderr=subprocess.DEVNULL,
            # A hostile mail that takes over its reader finds no key and no database there.
            env={name: value for name, value in os.environ.items() if not name.startswith("ONETHREAD_")}
            | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            # Ctrl-C at a terminal reaches the whole group; a mail being read is to be finished.
            start_new_session=True,
        )

    def is_fit(self) -> bool:
        """Whether it can take another mail."""
        return self._left > 0 and self._process.poll() is None

    def ask(self, asked: bytes) -> _Told:
        """One mail. Raises `OSError` or `EOFError` when the process ended over it."""
        self._left -= 1
        if self._process.stdin is None or self._process.stdout is None:
            raise EOFError
        watch = threading.Timer(self._limits.wall_seconds, self._process.kill)
        watch.start()
        try:
            _write(self._process.stdin, asked)
            return msgspec.msgpack.decode(_read(self._process.stdout), type=_Told)
        finally:
            watch.cancel()

    def end(self) -> None:
        """Stop the process and wait for it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass  # what was still to be written has nobody to read it


def _write(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(_LENGTH.pack(len(content)) + content)
    pipe.flush()


def _read(pipe: IO[bytes]) -> bytes:
    length = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))[0]
    return _exactly(pipe, length)


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return content


def answer(asked: bytes) -> bytes:
    """Read one mail, in the child."""
    try:
        request = msgspec.msgpack.decode(asked, type=_Asked)
        return msgspec.msgpack.encode(_told(parse(request.mailbox, request.raw, request.notes)))
    except Unreadable as error:
        return msgspec.msgpack.encode(_Told(unreadable=error.reason, code=error.code))
    except MemoryError:
        return msgspec.msgpack.encode(_Told(unreadable="Reading this mail takes more memory than a mail may take."))
    except Exception as error:  # one mail that we read wrongly must not stop the mailbox
        return msgspec.msgpack.encode(_Told(unreadable="This mail could not be read.", code=type(error).__name__))


def _told(items: Sequence[Item]) -> _Told:
    return _Told(items=[(type(item).__name__, msgspec.Raw(msgspec.msgpack.encode(item))) for item in items])


def serve(cpu_seconds: int, memory: int) -> None:
    """Answer until nobody asks any more."""
    # It ends when the hub closes the pipe, so that a mail in its hands is finished when all are told to stop.
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            request = _read(asked)
        except EOFError:
            return
        spent = resource.getrusage(resource.RUSAGE_SELF)
        until = int(spent.ru_utime + spent.ru_stime) + cpu_seconds + 1
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
        _write(told, answer(request))
