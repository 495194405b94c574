"""Mails are read in processes of their own, several at once: one that takes too much never costs the next."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from connectors.channels.email.child import Asked, Child, Limits, Told
from connectors.channels.email.settings import Mailbox
from hub.ports.errors import Unreadable
from hub.ports.message import CallReport, Ignored, InboundMessage, Item, Receipt

_KINDS: dict[str, type[Item]] = {kind.__name__: kind for kind in (InboundMessage, Receipt, CallReport, Ignored)}
# What a child is handed at once: many small mails, or one that is large.
_MAILS, _BYTES = 16, 1_000_000
_TOO_MUCH = Told(unreadable="Reading this mail took more time or memory than a mail may take.")


class Readers:
    """A few child processes that read mails, started when needed, replaced when a mail took them down."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._desk = _Desk(limits or Limits())
        # The port has no end of life: children go when the channel does, at the latest with the interpreter.
        weakref.finalize(self, self._desk.close)

    async def read(self, mailbox: Mailbox, raw: bytes, notes: Mapping[str, str]) -> Sequence[Item]:
        """`parse`, somewhere else. Raises `Unreadable`, also when the mail took more than it may."""
        # A reader needs no password.
        known = msgspec.structs.replace(mailbox, imap=None, smtp=None)
        told = await self._desk.put(Asked(known, raw, dict(notes)))
        if told.unreadable:
            raise Unreadable(told.unreadable, code=told.code)
        return [msgspec.msgpack.decode(item, type=_KINDS[kind]) for kind, item in told.items]


class _Waiting:
    """A mail, and who waits for it."""

    def __init__(self, mail: Asked) -> None:
        self.mail = mail
        self.loop = asyncio.get_running_loop()
        self.told: asyncio.Future[Told] = self.loop.create_future()

    def tell(self, told: Told | Exception) -> None:
        # Whoever asked may have gone, and their loop with them.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._settle, told)

    def _settle(self, told: Told | Exception) -> None:
        if self.told.done():
            return
        if isinstance(told, Exception):
            self.told.set_exception(told)
        else:
            self.told.set_result(told)


class _Desk:
    """The mails that wait, and a thread for each child that reads them."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: deque[_Waiting] = deque()
        self._at_work = 0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(limits.children, thread_name_prefix="mail-reader")
        self._own = threading.local()
        self._running: set[Child] = set()

    def put(self, mail: Asked) -> asyncio.Future[Told]:
        waiting = _Waiting(mail)
        with self._lock:
            self._waiting.append(waiting)
            needs_hand = self._at_work < self._limits.children
            self._at_work += needs_hand
        if needs_hand:
            self._pool.submit(self._work)
        return waiting.told

    def close(self) -> None:
        for child in list(self._running):
            child.end()
        self._pool.shutdown(wait=False)

    # --- in a thread of the pool ---

    def _work(self) -> None:
        while mails := self._some():
            try:
                self._read(mails)
            except Exception as problem:
                for mail in mails:
                    mail.tell(problem)

    def _some(self) -> deque[_Waiting]:
        """This thread's share of what waits; none: it has nothing more to do."""
        some: deque[_Waiting] = deque()
        with self._lock:
            most = min(_MAILS, -(-len(self._waiting) // self._limits.children))
            size = 0
            while len(some) < most and (not some or size + len(self._waiting[0].mail.raw) <= _BYTES):
                some.append(self._waiting.popleft())
                size += len(some[-1].mail.raw)
            self._at_work -= not some
        return some

    def _read(self, mails: deque[_Waiting]) -> None:
        """Have them read in order. What takes a child down although it is the first in it is given up."""
        while mails:
            child = self._fit_child()
            try:
                for told in child.ask([waiting.mail for waiting in mails]):
                    mails.popleft().tell(told)
            except (OSError, EOFError, msgspec.DecodeError):
                self._dismiss(child)
                if not child.answered:
                    mails.popleft().tell(_TOO_MUCH)

    def _fit_child(self) -> Child:
        child: Child | None = getattr(self._own, "child", None)
        if child is not None and child.is_fit():
            return child
        if child is not None:
            self._dismiss(child)
        child = self._own.child = Child(self._limits)
        self._running.add(child)
        return child

    def _dismiss(self, child: Child) -> None:
        self._own.child = None
        self._running.discard(child)
        child.end()
