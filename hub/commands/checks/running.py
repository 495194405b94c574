"""Looks at the hub that runs, or whether one could be started; and whether people reach it from outside."""

from __future__ import annotations

import asyncio
import ssl

import httpx2
import websockets

from hub.clock import Clock, to_datetime
from hub.commands.checks import Finding, fault, warning, well
from hub.commands.control import NotReached, ask
from hub.commands.errors import Fault
from hub.commands.serve import listening
from hub.commands.status import ReadStatus, Status
from hub.config import Settings
from hub.data_folder import DataFolder
from hub.version import version

ANSWER_S = 10.0
CLOCK_TOLERANCE_MS = 5_000


async def status_of(folder: DataFolder) -> Status | None:
    """What the hub that runs in this folder says of itself; None where none runs, or none that answers."""
    control = folder.read_control() if folder.is_locked() else None
    if control is None:
        return None
    try:
        async with asyncio.timeout(ANSWER_S):
            return Status.of(await ask(control, ReadStatus(), lambda _: None))
    except (NotReached, TimeoutError, Fault):
        return None


async def check_running(settings: Settings, folder: DataFolder, status: Status | None, is_said: bool) -> list[Finding]:
    """A hub that runs must answer and be well; without one its port, which `is_said` or is nobody's, must be free."""
    if not folder.is_locked():
        return check_port(settings, is_said)
    if status is None:
        said = f"process {folder.holder()} holds the data folder and does not answer"
        return [fault("hub", said, "Stop that process, and start the hub again.")]
    found = [fault("hub", f"{one.name}: {one.text.rstrip('.')}", one.remedy) for one in status.faults]
    found += [] if status.version == version() else [_old(status)]
    return [well("hub", f"runs at {status.settings.url}"), *found, *check_clock(status.now, status.movable)]


def _old(status: Status) -> Finding:
    said = f"version {status.version} runs, and {version()} is installed"
    return warning("hub", said, "Start the hub again.")


def check_port(settings: Settings, is_said: bool) -> list[Finding]:
    """Whether a hub could be started here."""
    try:
        with listening(settings):
            return [well("port", f"no hub runs, and {settings.port or 'any port'} is free")]
    except Fault:
        said = f"port {settings.port} of {settings.host} cannot be listened on, and it is not our hub that does"
        if is_said:
            return [fault("port", said, "Stop what listens there, or take another with --host and --port.")]
        remedy = "It is the one that `serve` takes where none is named: name the hub's own with --port."
        return [warning("port", said, remedy)]


def check_clock(hub_now: int, movable: bool) -> list[Finding]:
    """Whether the running hub has the machine's time."""
    moved = hub_now - Clock().now()
    if abs(moved) > CLOCK_TOLERANCE_MS:
        said = f"the hub's clock was moved and says {to_datetime(hub_now):%Y-%m-%d %H:%M} UTC"
        return [fault("clock", said, "Start the hub again, without --test-clock.")]
    if movable:
        return [warning("clock", "the hub's clock can be moved", "Start the hub without --test-clock.")]
    return [well("clock", "the hub has the machine's time")]


async def check_public(url: str) -> list[Finding]:
    """Whether the address that stands in mails leads to a hub, live lines included."""
    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=ANSWER_S) as browser:
            answer = await browser.get(f"{url}/healthz")
    except httpx2.HTTPError as problem:
        return [_not_reached(url, problem)]
    if answer.status_code != 200 or b'"ok"' not in answer.content:
        said = f"something else than a hub answers at {url} ({answer.status_code})"
        return [fault("public address", said, "Have the proxy pass everything of this address to the hub.")]
    if not await _passes_sockets(url):
        remedy = "Have the proxy pass the headers Upgrade and Connection for /console/socket and /widget/socket."
        return [fault("public address", f"WebSockets do not get through {url}", remedy)]
    return [well("public address", f"{url} leads to a hub")]


def _not_reached(url: str, problem: Exception) -> Finding:
    if isinstance(problem.__cause__, ssl.SSLError) or "CERTIFICATE" in str(problem):
        return fault("public address", f"the certificate of {url} is not valid", "Renew it, or mend --public-url.")
    remedy = "See that its name and its proxy are there; some networks let nobody inside use their own outside address."
    return warning("public address", f"{url} does not answer this machine", remedy)


async def _passes_sockets(url: str) -> bool:
    address = f"{url.replace('http', 'ws', 1)}/widget/socket"
    try:
        async with websockets.connect(address, proxy=None, open_timeout=ANSWER_S):
            return True
    except (OSError, TimeoutError, websockets.WebSocketException):
        return False
