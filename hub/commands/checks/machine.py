"""Looks at the machine: the data folder, its disk, the key, the bus, what was installed."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from hub.commands.checks import GIGABYTE, Finding, fault, well
from hub.commands.errors import first_line
from hub.data_folder import KEY
from hub.keyring import ENVIRONMENT, Keyring, UnfitKey

LEAST_INODES = 10_000
ANSWER_S = 5.0
# File systems that other machines write too.
SHARED = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "ceph", "glusterfs", "fuse.glusterfs", "9p"}


def check_folder(path: Path) -> list[Finding]:
    """Whether the data folder is there, can be written, and is nobody else's to read."""
    if not path.is_dir():
        return [fault("data folder", f"{path} is not there", "Start the hub once with `serve`, or mend --data.")]
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return [fault("data folder", f"this account cannot write to {path}", f"Run as its owner, or chown {path}.")]
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return [fault("data folder", f"others on this machine may look into {path}", f"chmod 700 {path}")]
    if (kind := file_system(path)) in SHARED:
        said = f"{path} lies on {kind}, where the lock does not hold and SQLite's file breaks"
        return [fault("data folder", said, "Move it to a disk of this machine; for several nodes use PostgreSQL.")]
    return [well("data folder", str(path))]


def file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of file system that a folder lies on; '' where the machine does not tell."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    place = path.resolve()
    over = [(line[1], line[2]) for line in lines if place.is_relative_to(line[1])]
    return max(over, key=lambda mount: len(mount[0]), default=("", ""))[1]


def check_disk(path: Path, least_free: int) -> list[Finding]:
    """Whether there is room for what comes in."""
    free = shutil.disk_usage(path).free
    inodes = os.statvfs(path)
    if free < least_free:
        said = f"{free / GIGABYTE:.1f} GB are free, of at least {least_free / GIGABYTE:g} GB"
        return [fault("disk", said, "Make room: when the disk is full, nothing is taken in any more.")]
    # Some file systems have no fixed number of them and say 0.
    if inodes.f_files and inodes.f_favail < LEAST_INODES:
        return [fault("disk", f"only {inodes.f_favail} more files fit", "Delete files: each attachment is one.")]
    return [well("disk", f"{free / GIGABYTE:.1f} GB are free")]


def check_key(path: Path) -> tuple[list[Finding], Keyring | None]:
    """Whether there is a key that could be the hub's."""
    if not os.environ.get(ENVIRONMENT) and not (path / KEY).exists():
        remedy = f"Bring {path / KEY} back from your backup: without it the secrets of accounts cannot be read."
        return [fault("key", "the hub's key is gone", remedy)], None
    try:
        return [], Keyring.load(path / KEY)
    except (UnfitKey, OSError) as problem:
        return [fault("key", "the hub's key cannot be used", str(problem))], None


async def check_bus(url: str) -> list[Finding]:
    """Whether nodes reach each other."""
    if not url:
        return []
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    bus = Redis.from_url(url, socket_connect_timeout=ANSWER_S, socket_timeout=ANSWER_S)
    try:
        await bus.ping()
    except (RedisError, OSError) as problem:
        remedy = "Start Valkey or Redis there, or mend --bus-url. Until then nodes hear of each other late."
        return [fault("bus", f"it does not answer: {first_line(problem)}", remedy)]
    finally:
        await bus.aclose()
    return [well("bus", "answers")]


def check_bundle(missing: str) -> list[Finding]:
    """Whether browsers get what the pages need."""
    if missing:
        return [fault("pages", "the scripts and styles of the pages are missing", f"{missing} Or install again.")]
    return [well("pages", "scripts and styles are there")]
