"""Somebody who writes all the time, each message after the one before was taken, whatever the hub does meanwhile."""

from __future__ import annotations

import secrets
import threading
import time

import msgspec

from bench.load.http import BadAnswer, HttpLine, request
from bench.load.numbered import written

_AGAIN_S = 0.2


class Voice:
    """Writes from another thread, inside the block until `stop`."""

    def __init__(self, port: int, token: str, per_second: float) -> None:
        self._port = port
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._pause = 1 / per_second
        self._run = secrets.token_hex(6)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._speak, name="voice")
        self._line: HttpLine | None = None
        # The number of the last message that was taken.
        self.said = 0

    def __enter__(self) -> Voice:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _speak(self) -> None:
        while not self._stopping.wait(self._pause):
            number = self.said + 1
            asked = self._asked(number)
            while not self._is_taken(asked):
                # Between two lives of the hub; the same message again is the same message.
                time.sleep(_AGAIN_S)
            self.said = number
        if self._line is not None:
            self._line.close()

    def _asked(self, number: int) -> bytes:
        sender = {"kind": "email", "address": "customer3@example.com", "verified": True}
        fields = {"account": "api", "external_id": f"{self._run}-{number}", "from": sender, "text": written(number)}
        return request("POST", "/api/v1/messages", self._headers, msgspec.json.encode(fields))

    def _is_taken(self, asked: bytes) -> bool:
        try:
            self._line = self._line or HttpLine(self._port)
            status, body = self._line.ask(asked)
        except (OSError, BadAnswer):
            self._line = None
            return False
        if status >= 500:
            return False
        if status not in {200, 201}:
            raise BadAnswer(f"A message was answered {status}: {body[:200]!r}")
        return True
