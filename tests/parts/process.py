"""Runs the programs that tests talk to: on loopback, in a folder of their own, never outliving the test run."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


class PartFailed(Exception):
    """A real part that a test needs is not installed, or did not start."""


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """A new folder that every account of the machine may enter, since many servers give up root for their own."""
    folder = Path(tempfile.mkdtemp(prefix=f"onethread-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    ready: Callable[[], bool],
    log: Path,
    account: str | None = None,
    stop: signal.Signals = signal.SIGTERM,
    patience: float = 30,
) -> Iterator[int]:
    """Runs a server until the block ends, and yields its process id once `ready` says so.

    The kernel sends it `stop` as well when the thread that started it ends: even a killed test run leaves no orphan.
    """
    guarded = [program("setpriv"), *as_account(account), "--pdeathsig", stop.name.removeprefix("SIG"), *command]
    with log.open("ab") as output:
        process = subprocess.Popen(guarded, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        wait_until_ready(process, ready, log, patience)
        yield process.pid
    finally:
        end(process, stop)


def wait_until_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while not ready():
        try:
            status = process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            status = None
        if status is not None or time.monotonic() > deadline:
            fate = "is still not ready" if status is None else f"ended with status {status}"
            raise PartFailed(f"{process.args!r} {fate}:\n{log.read_text(errors='replace')[-4000:]}")


def end(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(stop)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def as_account(account: str | None) -> list[str]:
    """The options of setpriv that run a program as another account, where we are root and it should not be."""
    if account is None or not is_root():
        return []
    known = pwd.getpwnam(account)
    return ["--reuid", str(known.pw_uid), "--regid", str(known.pw_gid), "--clear-groups"]


def is_root() -> bool:
    return os.geteuid() == 0


def program(name: str) -> str:
    """Where a program of the machine is, also one that only administrators have on their path."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/dovecot:/usr/lib/postfix/sbin")
    if found is None:
        raise PartFailed(f"{name} is not installed; `make test-packages` as root installs it")
    return found


def free_port() -> int:
    """A loopback port that is free, below those the kernel gives to clients, for servers that cannot take 0."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def answers(port: int, greeting: bytes = b"") -> bool:
    """Whether something listens on this loopback port and greets with these bytes."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return not greeting or connection.recv(512).startswith(greeting)
    except OSError:
        return False
