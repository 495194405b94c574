"""The data folder: one process at a time works in it, and says there how commands reach it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec

LOCK = "lock"
CONTROL = "control.json"
KEY = "key"
DATABASE = "onethread.db"
ADDRESS = "address.json"


class FolderInUse(Exception):
    """Another process works in this data folder."""


class BadFolder(Exception):
    """The data folder cannot be used."""


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """Where a running hub listens for commands, and the secret that they show."""

    port: int
    secret: str
    pid: int


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a hub listens."""

    host: str
    port: int


class DataFolder:
    """One hub's folder. The lock is the kernel's: it is gone the moment its process is, however that ended."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """This process alone works in the folder inside the block; raises `FolderInUse` at once, `BadFolder`."""
        self._make()
        try:
            opened = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise BadFolder(f"The data folder {self.path} cannot be written: {problem.strerror}.") from problem
        try:
            self._take(opened)
            # What an earlier hub left behind when it was killed.
            self.remove_control()
            yield
        finally:
            # Closing gives the lock back. The file stays: who deleted it would let two processes in.
            os.close(opened)

    def is_locked(self) -> bool:
        """Whether some process works in the folder now."""
        try:
            opened = os.open(self.path / LOCK, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(opened)
        return False

    def holder(self) -> str:
        """The id of the process that took the lock last, as it wrote it."""
        try:
            return (self.path / LOCK).read_text(encoding="ascii", errors="replace").strip()
        except OSError:
            return ""

    def write_control(self, control: Control) -> None:
        """Say where commands reach this hub. The file appears whole, and only its owner reads it."""
        fresh = self.path / f".{CONTROL}.{secrets.token_hex(8)}"
        opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(msgspec.json.encode(control))
        os.replace(fresh, self.path / CONTROL)

    def read_control(self) -> Control | None:
        """How the running hub is reached, None when it does not say."""
        try:
            return msgspec.json.decode((self.path / CONTROL).read_bytes(), type=Control)
        except (OSError, msgspec.DecodeError):
            return None

    def remove_control(self) -> None:
        (self.path / CONTROL).unlink(missing_ok=True)

    def remember_address(self, address: Address) -> None:
        """Keep where the hub was told to listen, for whoever asks about it when it has stopped."""
        (self.path / ADDRESS).write_bytes(msgspec.json.encode(address))

    def last_address(self) -> Address | None:
        """Where the hub was last told to listen, None when it never was."""
        try:
            return msgspec.json.decode((self.path / ADDRESS).read_bytes(), type=Address)
        except (OSError, msgspec.DecodeError):
            return None

    def _make(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise BadFolder(f"The data folder {self.path} cannot be made: {problem.strerror}.") from problem

    def _take(self, opened: int) -> None:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise FolderInUse(
                f"Another process ({self.holder() or 'starting'}) works in the data folder {self.path}. "
                "Stop it first, or take another folder with --data."
            ) from problem
        os.ftruncate(opened, 0)
        os.pwrite(opened, f"{os.getpid()}\n".encode("ascii"), 0)
