"""The load of goal H: a mail server hands mails over, and a console sees each of them."""

from __future__ import annotations

import secrets
import smtplib
import threading
import time
from typing import Any

import msgspec

from bench.load.console import open_consoles
from bench.mails import MAILBOX, mails

_CONNECTIONS = 20
_SENDER = "server@bench.example"


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """Hand over so many mails at the hub's own door."""

    port: int
    door: int
    count: int
    agents: int

    def run(self) -> dict[str, Any]:
        raws = list(mails(self.count, secrets.token_hex(4)))
        console = open_consoles(self.port, 1, self.agents)[0]
        began = time.perf_counter()
        servers = [threading.Thread(target=self._deliver, args=(raws[i::_CONNECTIONS],)) for i in range(_CONNECTIONS)]
        for server in servers:
            server.start()
        while console.events < self.count:
            console.receive()
        seconds = time.perf_counter() - began
        for server in servers:
            server.join()
        return {"rate": self.count / seconds}

    def _deliver(self, raws: list[bytes]) -> None:
        with smtplib.SMTP("127.0.0.1", self.door, local_hostname="localhost") as server:
            for raw in raws:
                server.sendmail(_SENDER, [MAILBOX], raw)
