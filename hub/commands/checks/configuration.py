"""Looks at the settings: whether they make sense by themselves, before anything is opened with them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from hub.commands.checks import Finding, fault, warning, well
from hub.config import Settings

# With these no command can work at all.
NONSENSE = "configuration"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SQLITE_HINT = "Leave it away for SQLite in the data folder."


def check_configuration(settings: Settings) -> list[Finding]:
    """Every setting that makes no sense, or does not do what it was meant for."""
    found = [*_database(settings), *_bus(settings), *_files(settings), *_address(settings), *_proxies(settings)]
    return found or [well("address", f"people reach the hub at {settings.url}")]


def _database(settings: Settings) -> list[Finding]:
    if settings.database_url and urlsplit(settings.database_url).scheme != "postgresql":
        return [fault(NONSENSE, "the database URL is not PostgreSQL's", f"Write postgresql://…. {SQLITE_HINT}")]
    return []


def _bus(settings: Settings) -> list[Finding]:
    if settings.bus_url and urlsplit(settings.bus_url).scheme not in {"redis", "rediss", "unix"}:
        return [fault(NONSENSE, "the bus's URL is not Valkey's or Redis's", "Write redis://HOST:PORT.")]
    if settings.bus_url and not settings.database_url:
        return [warning("bus", "a bus serves nodes on PostgreSQL, and this one has SQLite", SQLITE_HINT)]
    return []


def _files(settings: Settings) -> list[Finding]:
    scheme, is_url, _ = settings.files.partition("://")
    if is_url and scheme != "s3":
        return [
            fault(NONSENSE, "files lie neither in a folder nor in a bucket", "Write a path, or s3://bucket/prefix.")
        ]
    return []


def _address(settings: Settings) -> list[Finding]:
    if not 0 <= settings.port <= 65535:
        return [fault(NONSENSE, f"{settings.port} is no port", "Take one between 1 and 65535.")]
    public = urlsplit(settings.url)
    if public.scheme not in {"http", "https"} or not public.hostname:
        return [fault(NONSENSE, f"{settings.url} is no address of a site", "Set --public-url to https://….")]
    if public.scheme == "http" and public.hostname not in LOOPBACK:
        return [
            fault(
                "address",
                f"nobody can sign in at {settings.url}: passwords do not travel over plain http",
                "Put a proxy with https in front and set --public-url to its https://… address.",
            )
        ]
    if public.scheme == "https" and not settings.trusted_proxies:
        return [
            warning(
                "address",
                "https ends at a proxy that the hub does not believe, so it takes every visitor for the proxy",
                "Set --trusted-proxies to the proxy's address.",
            )
        ]
    return []


def _proxies(settings: Settings) -> list[Finding]:
    for written in filter(None, map(str.strip, settings.trusted_proxies.split(","))):
        try:
            ipaddress.ip_network(written, strict=False)
        except ValueError:
            said = f"the trusted proxy “{written}” is no address and no network"
            return [fault(NONSENSE, said, "Write --trusted-proxies as 10.0.0.5 or 10.0.0.0/24.")]
    return []
