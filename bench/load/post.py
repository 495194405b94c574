"""The load of goal H: mails are handed over, and a console sees each of them."""

from __future__ import annotations

import secrets
import smtplib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench.at_hand import deliver
from bench.load.console import open_consoles
from bench.mails import MAILBOX, mails

# As many as Postfix opens to one destination.
_CONNECTIONS = 20
_SENDER = "server@bench.example"


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """So many mails, by SMTP at the hub's own door, or at hand in its folder."""

    port: int
    count: int
    agents: int
    door: int = 0
    folder: str = ""

    def run(self) -> dict[str, Any]:
        raws = list(mails(self.count, secrets.token_hex(4)))
        console = open_consoles(self.port, 1, self.agents)[0]
        began = time.perf_counter()
        servers = list(self._servers(raws))
        for server in servers:
            server.start()
        while console.events < self.count:
            console.receive()
        seconds = time.perf_counter() - began
        for server in servers:
            server.join()
        return {"rate": self.count / seconds}

    def _servers(self, raws: list[bytes]) -> Iterator[threading.Thread]:
        if self.folder:
            yield threading.Thread(target=deliver, args=(Path(self.folder), raws))
            return
        for number in range(min(_CONNECTIONS, self.count)):
            yield threading.Thread(target=self._send, args=(raws[number::_CONNECTIONS],))

    def _send(self, raws: list[bytes]) -> None:
        with smtplib.SMTP("127.0.0.1", self.door, local_hostname="localhost") as server:
            for raw in raws:
                server.sendmail(_SENDER, [MAILBOX], raw)
