"""The bare limit of mail: the standard library's parser and one durable insert for each."""

from __future__ import annotations

import email
import sqlite3
import tempfile
import time
from email.policy import compat32
from pathlib import Path
from typing import Any

import msgspec

from bench.mails import mails

_SCHEMA = (
    "CREATE TABLE mails (id INTEGER PRIMARY KEY, message_id TEXT UNIQUE, sender TEXT, subject TEXT, text TEXT,"
    " raw BLOB NOT NULL)"
)
_INSERT = "INSERT INTO mails (message_id, sender, subject, text, raw) VALUES (?, ?, ?, ?, ?)"


class MailFloor(msgspec.Struct, frozen=True, kw_only=True):
    """Take in so many mails."""

    folder: str
    count: int

    def run(self) -> dict[str, Any]:
        raws = list(mails(self.count, "bare"))
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            db = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
            for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _SCHEMA):
                db.execute(statement)
            began = time.perf_counter()
            for raw in raws:
                db.execute(_INSERT, (*_read(raw), raw))
            seconds = time.perf_counter() - began
            db.close()
        return {"rate": self.count / seconds}


def _read(raw: bytes) -> tuple[str | None, ...]:
    """Its headers and all of its text, decoded."""
    mail = email.message_from_bytes(raw, policy=compat32)
    decoded = [(part, part.get_payload(decode=True)) for part in mail.walk() if not part.is_multipart()]
    text = "".join(
        body.decode(part.get_content_charset() or "utf-8", "replace")
        for part, body in decoded
        if part.get_content_maintype() == "text" and isinstance(body, bytes)
    )
    return mail["Message-ID"], mail["From"], mail["Subject"], text
