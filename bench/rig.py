"""What every goal measures with: data sets, hubs, bare limits and load, and rounds that take turns."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from bench import machine
from bench.dataset.cache import Cache, DataSet
from bench.processes import Loader, Running, running

# Messages of the small data set: 1,000 customers.
SMALL = 5_000
# A frame with one message of usual length.
EVENT_BYTES = 2_300
_LONGEST_LOAD_S = 120.0
# What takes little time is measured so often at least.
CHEAP_ROUNDS = 3


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured."""

    entries: int
    rounds: int
    # How many times as much load as in a quick run.
    load: int
    is_full: bool


QUICK = Scale(entries=100_000, rounds=2, load=1, is_full=False)
USUAL = Scale(entries=100_000, rounds=5, load=3, is_full=False)
FULL = Scale(entries=1_000_000, rounds=7, load=6, is_full=True)


class Rig:
    """One run of the bench on this machine."""

    def __init__(self, scale: Scale, cache: Cache, scratch: Path, database_url: str = "") -> None:
        self.scale = scale
        self.database_url = database_url
        self.scratch = scratch
        self.log = scratch / "log"
        self._cache = cache
        self._numbers = itertools.count(1)
        measured, load = machine.cores() or (None, None)
        self.measured_core, self.load_core = measured, load
        self._open = contextlib.ExitStack()
        self._loader = Loader(self.log)
        self._open.callback(self._loader.stop)
        # What one goal found out and another needs.
        self.known: dict[str, float] = {}

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *problem: object) -> None:
        self._open.close()

    @cached_property
    def usual_hub(self) -> tuple[Running, DataSet]:
        """A hub on the small data set, for all goals that leave it as fast as it was."""
        data = self._open.enter_context(self.copied(SMALL))
        return self._open.enter_context(self.hub(data)), data

    @cached_property
    def large_hub(self) -> tuple[Running, DataSet]:
        """A hub on the large data set, for all goals that only read."""
        data = self._open.enter_context(self.copied(self.scale.entries))
        return self._open.enter_context(self.hub(data)), data

    @cached_property
    def bare_sockets(self) -> Running:
        """A server that broadcasts frames as large as an event's, and echoes, and does nothing else."""
        server = running("bench.bare.sockets", str(EVENT_BYTES), core=self.measured_core, log=self.log)
        return self._open.enter_context(server)

    @contextlib.contextmanager
    def copied(self, entries: int) -> Iterator[DataSet]:
        """A fresh copy of a data set, gone after the block."""
        made = self._cache.copy(entries, self._fresh_folder())
        try:
            yield made
        finally:
            self._cache.drop(made)

    @contextlib.contextmanager
    def beside(self, data: DataSet) -> Iterator[DataSet]:
        """The folder of another node on the same database."""
        node = self._cache.beside(data, self._fresh_folder())
        try:
            yield node
        finally:
            shutil.rmtree(node.folder)

    def mailbox(self, data: DataSet) -> int:
        """Give a data set a mailbox; the port at which its mails are handed over."""
        return self._cache.add_mailbox(data)

    def _fresh_folder(self) -> Path:
        return self.scratch / f"data-{next(self._numbers)}"

    @contextlib.contextmanager
    def hub(self, data: DataSet, way: str = "", *, both_cores: bool = False) -> Iterator[Running]:
        """A hub on a data set, in a process and on a core of its own: as `serve` runs it, or in another `way`."""
        core = None if both_cores else self.measured_core
        if way:
            serve = running("bench.serving", data.folder, way, data.database_url, core=core, log=self.log)
        else:
            options = ["--database-url", data.database_url] if data.database_url else []
            serve = running(
                "run", "serve", "--data", data.folder, "--port", "0", "--json", *options, core=core, log=self.log
            )
        with serve as hub:
            yield hub

    def load(self, job: msgspec.Struct) -> dict[str, Any]:
        """What a job of `bench.load` measured, from the load's core."""
        return self._loader.told(job, core=self.load_core, seconds=_LONGEST_LOAD_S)

    def bare(self, job: msgspec.Struct, *, both_cores: bool = False) -> dict[str, Any]:
        """What a bare limit reaches, on the core on which a hub would run."""
        core = None if both_cores else self.measured_core
        return self._loader.told(job, core=core, seconds=_LONGEST_LOAD_S)

    def rounds(self, bare: Callable[[], Any], ours: Callable[[], Any], least: int = 0) -> list[tuple[Any, Any]]:
        """Both in turn, the other first in every second round, so that what drifts drifts for both."""
        found = []
        for number in range(max(least, self.scale.rounds)):
            if number % 2:
                mine, theirs = ours(), bare()
            else:
                theirs, mine = bare(), ours()
            found.append((theirs, mine))
        return found
