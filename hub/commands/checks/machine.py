"""Looks at the machine: the data folder, its disk, the key, the port, the bus, the clock, what was installed."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from pathlib import Path

from hub.clock import Clock, to_datetime
from hub.commands.checks import GIGABYTE, Finding, fault, warning, well
from hub.commands.control import NotReached, ask
from hub.commands.errors import Fault, first_line
from hub.commands.serve import listening
from hub.commands.status import ReadStatus
from hub.config import Settings
from hub.data_folder import KEY, DataFolder
from hub.keyring import ENVIRONMENT, Keyring, UnfitKey

LEAST_INODES = 10_000
ANSWER_S = 5.0
CLOCK_TOLERANCE_MS = 5_000


def check_folder(path: Path) -> list[Finding]:
    """Whether the data folder is there, can be written, and is nobody else's to read."""
    if not path.is_dir():
        return [fault("data folder", f"{path} is not there", "Start the hub once with `serve`, or mend --data.")]
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return [fault("data folder", f"this account cannot write to {path}", f"Run as its owner, or chown {path}.")]
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return [fault("data folder", f"others on this machine may look into {path}", f"chmod 700 {path}")]
    return [well("data folder", str(path))]


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


async def check_running(settings: Settings, folder: DataFolder) -> list[Finding]:
    """A hub that runs must answer and have this machine's time; without one its port must be free."""
    if not folder.is_locked():
        return check_port(settings)
    control = folder.read_control()
    try:
        async with asyncio.timeout(ANSWER_S):
            if control is None:
                raise NotReached
            status = await ask(control, ReadStatus(), lambda _: None)
    except (NotReached, TimeoutError, Fault):
        said = f"process {folder.holder()} holds the data folder and does not answer"
        return [fault("hub", said, "Stop that process, and start the hub again.")]
    return [well("hub", f"runs at {status['url']}"), *check_clock(status["now"], status["movable"])]


def check_port(settings: Settings) -> list[Finding]:
    """Whether a hub could be started here."""
    try:
        with listening(settings):
            return [well("port", f"no hub runs, and {settings.port} is free")]
    except Fault:
        said = f"port {settings.port} of {settings.host} cannot be listened on, and it is not our hub that does"
        return [fault("port", said, "Stop what listens there, or take another with --host and --port.")]


def check_clock(hub_now: int, movable: bool) -> list[Finding]:
    """Whether the running hub has the machine's time."""
    moved = hub_now - Clock().now()
    if abs(moved) > CLOCK_TOLERANCE_MS:
        said = f"the hub's clock was moved and says {to_datetime(hub_now):%Y-%m-%d %H:%M} UTC"
        return [fault("clock", said, "Start the hub again, without --test-clock.")]
    if movable:
        return [warning("clock", "the hub's clock can be moved", "Start the hub without --test-clock.")]
    return [well("clock", "the hub has the machine's time")]


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
