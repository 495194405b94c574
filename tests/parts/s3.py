"""A store that speaks S3, on loopback, with one empty bucket; nothing of it outlives its process."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

from tests.parts.process import answers, free_port, running, scratch_folder

BUCKET = "onethread"


@dataclass(frozen=True)
class Bucket:
    """Where the store answers."""

    endpoint: str

    @property
    def settings(self) -> dict[str, str]:
        """As a hub is given them."""
        return {
            "files": f"s3://{BUCKET}/files",
            "s3_endpoint": self.endpoint,
            "s3_region": "us-east-1",
            "s3_key_id": "tests",
            "s3_secret": "tests",
        }


@contextmanager
def s3() -> Iterator[Bucket]:
    """Runs the store until the block ends."""
    port = free_port()
    with scratch_folder("s3") as folder:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        with running(command, ready=lambda: answers(port), log=folder / "log"):
            make_bucket(port)
            yield Bucket(f"http://127.0.0.1:{port}")


def make_bucket(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("PUT", f"/{BUCKET}")
    assert connection.getresponse().status == 200
    connection.close()
