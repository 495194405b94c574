"""Settings of one hub process: from the command line, else from `ONETHREAD_…`, else these defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hub.limits import Limits
from hub.logs import Level, Style

PREFIX = "ONETHREAD_"
LIMIT_PREFIX = f"{PREFIX}LIMIT_"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process needs to know before it can open its database.

    `data` is the data folder. `database_url` empty: SQLite in the data folder. `bus_url`: Valkey or Redis between
    nodes. `files`: a folder, or `s3://bucket/prefix` with what `s3_…` say; empty: `files` in the data folder.
    `public_url`: how people reach the hub from outside, for links in mails; empty: `http://host:port`.
    `trusted_proxies`: addresses whose `X-Forwarded-*` headers are believed, separated by commas.
    `demo` shows the demo's shop page. `log_format`: JSON lines, text, or `auto`: text on a terminal, else JSON.
    `limits`: how much of everything, each by a variable `ONETHREAD_LIMIT_…`.
    """

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str = ""
    bus_url: str = ""
    files: str = ""
    s3_endpoint: str = ""
    s3_region: str = ""
    s3_key_id: str = ""
    s3_secret: str = ""
    public_url: str = ""
    trusted_proxies: str = ""
    test_clock: bool = False
    demo: bool = False
    log_format: Style = "auto"
    log_level: Level = "info"
    limits: Limits = Limits()

    @property
    def url(self) -> str:
        """How people reach the hub."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")


def from_environment(environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """Settings from what was given on the command line (None: not given) and from the environment."""
    values: dict[str, object] = {}
    for field in Settings.__struct_fields__:
        written = environment.get(PREFIX + field.upper())
        if given.get(field) is not None:
            values[field] = given[field]
        elif written:
            values[field] = written
    if limits := _limits(environment):
        values["limits"] = limits
    if "data" in values:
        values["data"] = str(values["data"])
    return msgspec.convert(values, Settings, strict=False, dec_hook=lambda kind, value: kind(value))


def _limits(environment: Mapping[str, str]) -> dict[str, str]:
    """The bounds that are set; one that does not exist is refused, since it bounds nothing."""
    return {
        name.removeprefix(LIMIT_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(LIMIT_PREFIX) and value
    }
