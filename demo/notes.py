"""What the demo keeps beside its data, and how its data goes again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec

from hub.data_folder import CONTROL, DATABASE, KEY, LOCK
from hub.keyring import Keyring

NAME = "demo.json"

_DATABASE = (DATABASE, *(f"{DATABASE}-{part}" for part in ("wal", "shm", "journal")))


class Notes(msgspec.Struct):
    """The password made for the colleagues, whether the story is told, and what the visitors remember.

    `token` is what Mira's browser was given; `visits` is how often the two visitors have come.
    """

    password: str
    told: bool = False
    visits: int = 0
    token: str = ""


class NotTheDemo(Exception):
    """This folder holds a hub's own data."""


def read(folder: Path) -> Notes | None:
    """The notes of the demo in this folder, None when there is none."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Notes)
    except FileNotFoundError:
        return None


def keep(folder: Path, notes: Notes) -> None:
    """Write the notes; they appear whole, and only their owner reads them."""
    fresh = folder / f".{NAME}"
    fresh.touch(mode=0o600)
    fresh.write_bytes(msgspec.json.encode(notes))
    os.replace(fresh, folder / NAME)


def open_or_begin(folder: Path) -> Notes:
    """The notes of this folder's demo; a story that was cut short is forgotten, to be told from its beginning.

    Raises `NotTheDemo`. The caller holds the folder's lock.
    """
    notes = read(folder)
    if notes is None and any((folder / name).exists() for name in (DATABASE, KEY)):
        raise NotTheDemo
    if notes is None or not notes.told:
        _sweep(folder)
        notes = Notes(password=notes.password if notes else Keyring.new_secret()[:16])
        keep(folder, notes)
    return notes


def remove(folder: Path) -> None:
    """Delete the demo: its own files, and the folder unless something else lies there. The caller holds the lock."""
    _sweep(folder)
    # Last, so that a removal that was cut short can be done again.
    for name in (f".{NAME}", NAME, LOCK):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _sweep(folder: Path) -> None:
    for name in (*_DATABASE, KEY, CONTROL):
        (folder / name).unlink(missing_ok=True)
    if (folder / "files").exists():
        shutil.rmtree(folder / "files")
