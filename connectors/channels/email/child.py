"""The process in which mails are read, from both of its sides: a hostile mail may cost it, never the hub."""

from __future__ import annotations

import os
import resource
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import IO

import msgspec

from connectors.channels.email.parse import parse
from connectors.channels.email.settings import Mailbox
from hub.ports.errors import Unreadable
from hub.ports.message import Item

_SERVE = f"import sys; from {__name__} import serve; serve(*map(int, sys.argv[1:]))"
_LENGTH = struct.Struct("!Q")
_CHUNK = 1 << 20


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What reading one mail may take, and after how many mails a child makes room for a fresh one."""

    cpu_seconds: int = 10
    wall_seconds: float = 30
    memory: int = 2 * 1024**3
    mails: int = 1_000
    children: int = 2


class Asked(msgspec.Struct):
    """One mail to read."""

    mailbox: Mailbox
    raw: bytes
    notes: dict[str, str]


class Told(msgspec.Struct):
    """What a child answers: each item beside its kind, or why there are none."""

    items: list[tuple[str, msgspec.Raw]] = []
    unreadable: str = ""
    code: str = ""


_asked = msgspec.msgpack.Decoder(list[Asked])
_told = msgspec.msgpack.Decoder(Told)


# --- the hub's side ---


class Child:
    """One process and the pipes to it; used by one thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.answered = 0
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _SERVE, str(limits.cpu_seconds), str(limits.memory)],
            bufsize=0,
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
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipes = (self._process.stdin, self._process.stdout)
        self._line = _Line(self._process.stdin.fileno(), self._process.stdout.fileno())

    def is_fit(self) -> bool:
        """Whether it can take more mails."""
        return self.answered < self._limits.mails and self._process.poll() is None

    def ask(self, mails: Sequence[Asked]) -> Iterator[Told]:
        """The answer to each, as soon as it is there. Raises `OSError` or `EOFError` when one was too much for it."""
        self._line.send(msgspec.msgpack.encode(mails), self._limits.wall_seconds)
        for _ in mails:
            told = _told.decode(self._line.receive(self._limits.wall_seconds))
            self.answered += 1
            yield told

    def end(self) -> None:
        """Stop the process and wait for it."""
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes:
            pipe.close()


class _Line:
    """Messages over two pipes, none of which is waited for longer than it may take."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back = to, back
        self._arrived = bytearray()
        os.set_blocking(to, False)

    def send(self, content: bytes, seconds: float) -> None:
        until = time.monotonic() + seconds
        rest = memoryview(_LENGTH.pack(len(content)) + content)
        while rest:
            _wait(self._to, select.POLLOUT, until)
            rest = rest[os.write(self._to, rest) :]

    def receive(self, seconds: float) -> bytes:
        until = time.monotonic() + seconds
        length = _LENGTH.unpack(self._exactly(_LENGTH.size, until))[0]
        return self._exactly(length, until)

    def _exactly(self, length: int, until: float) -> bytes:
        while len(self._arrived) < length:
            _wait(self._back, select.POLLIN, until)
            chunk = os.read(self._back, _CHUNK)
            if not chunk:
                raise EOFError
            self._arrived += chunk
        content = bytes(memoryview(self._arrived)[:length])
        del self._arrived[:length]
        return content


def _wait(pipe: int, until_it: int, until: float) -> None:
    poll = select.poll()
    poll.register(pipe, until_it)
    if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
        raise TimeoutError


# --- the child's side ---


def serve(cpu_seconds: int, memory: int) -> None:
    """Answer until nobody asks any more."""
    # It ends when the hub closes the pipe, so that a mail in its hands is finished when all are told to stop.
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    while mails := _read(asked):
        for mail in mails:
            spent = resource.getrusage(resource.RUSAGE_SELF)
            until = int(spent.ru_utime + spent.ru_stime) + cpu_seconds + 1
            resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
            _write(told, answer(mail))


def _read(pipe: IO[bytes]) -> list[Asked]:
    """The next mails; none when the hub has gone."""
    head = pipe.read(_LENGTH.size)
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
    content = pipe.read(length)
    return _asked.decode(content) if length and len(content) == length else []


def _write(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(_LENGTH.pack(len(content)) + content)
    pipe.flush()


def answer(mail: Asked) -> bytes:
    """Read one mail."""
    try:
        return msgspec.msgpack.encode(_items(parse(mail.mailbox, mail.raw, mail.notes)))
    except Unreadable as error:
        return msgspec.msgpack.encode(Told(unreadable=error.reason, code=error.code))
    except MemoryError:
        return msgspec.msgpack.encode(Told(unreadable="Reading this mail takes more memory than a mail may take."))
    except Exception as error:  # one mail that we read wrongly must not stop the mailbox
        return msgspec.msgpack.encode(Told(unreadable="This mail could not be read.", code=type(error).__name__))


def _items(items: Sequence[Item]) -> Told:
    return Told(items=[(type(item).__name__, msgspec.Raw(msgspec.msgpack.encode(item))) for item in items])
