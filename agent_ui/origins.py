"""Where a request really comes from: through which proxy, from whose page, for which name, and how privately."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from hub.errors import Forbidden, HubError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}
# What only a proxy may say.
FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip", b"forwarded")


class ForeignOrigin(Forbidden):
    """This came from a page of another site."""

    code = "foreign_origin"


class NotPrivate(Forbidden):
    """Passwords do not travel over plain http. Open this page with https, or on the machine itself."""

    code = "plain_http"


class WrongHost(HubError):
    """This hub does not go by that name."""

    status = 421
    code = "wrong_host"


def networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks as they stand in the configuration."""
    return tuple(ipaddress.ip_network(text.strip(), strict=False) for text in written if text.strip())


def behind_proxies(scope: Scope, trusted: Collection[Network]) -> Scope:
    """The scope as the outermost trusted proxy saw it; what others say of themselves is taken out."""
    headers = Headers(scope=scope)
    seen = dict(scope)
    seen["headers"] = [(name, value) for name, value in scope["headers"] if name not in FORWARDED]
    said = any(name in FORWARDED for name, _ in scope["headers"])
    client = scope["client"][0] if scope.get("client") else ""
    state = {**scope.get("state", {}), "forwarded_by_stranger": False}
    if said and not _is_trusted(client, trusted):
        state["forwarded_by_stranger"] = True
    elif said:
        seen["client"] = (_first_stranger(client, headers.getlist("x-forwarded-for"), trusted), 0)
        proto = headers.get("x-forwarded-proto", "").rsplit(",", 1)[-1].strip().lower()
        if proto in {"http", "https"}:
            seen["scheme"] = proto if scope["type"] == "http" else {"http": "ws", "https": "wss"}[proto]
    seen["state"] = state
    return seen


def _first_stranger(client: str, forwarded_for: list[str], trusted: Collection[Network]) -> str:
    """Walking back from us, the first address that is no proxy of ours."""
    for address in reversed(",".join(forwarded_for).split(",")):
        if not _is_trusted(client, trusted):
            break
        client = address.strip() or client
    return client


def _is_trusted(address: str, trusted: Collection[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def host_of(scope: Scope) -> str:
    """The name by which the hub was called, without its port; raises `WrongHost` if that is none."""
    named = Headers(scope=scope).getlist("host")
    try:
        host = urlsplit(f"//{named[0]}").hostname if len(named) == 1 else None
    except ValueError:
        host = None
    if not host:
        raise WrongHost
    return host


def check_host(scope: Scope, names: Collection[str]) -> None:
    """Let through what was meant for us. A bare address is nobody's name, so no foreign page can borrow it."""
    host = host_of(scope)
    if host in LOOPBACK_NAMES or host in names or _is_address(host):
        return
    raise WrongHost


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def own_origin(scope: Scope) -> str:
    """The origin of our own pages, as the browser that sent this sees it."""
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    return f"{scheme}://{Headers(scope=scope).get('host', '').lower()}"


def check_origin(scope: Scope, allowed: Collection[str] = ()) -> None:
    """Raise `ForeignOrigin` for a socket or request of another site's page. Programs, which send no Origin, pass."""
    origin = Headers(scope=scope).get("origin")
    if origin is not None and origin.lower() not in {own_origin(scope), *allowed}:
        raise ForeignOrigin


def check_own_page(scope: Scope, allowed: Collection[str], *, has_session: bool) -> None:
    """Raise `ForeignOrigin` unless a change was asked for by a page of ours.

    With a session a browser has to say where it comes from: Sec-Fetch-Site, or else Origin.
    """
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise ForeignOrigin
    elif "origin" in headers:
        check_origin(scope, allowed)
    elif has_session:
        raise ForeignOrigin("A change with a session needs the header Origin or Sec-Fetch-Site.")


def is_private(scope: Scope) -> bool:
    """Whether nobody on the way can read along: https, or a browser on this machine with no proxy between."""
    if scope["scheme"] in {"https", "wss"}:
        return True
    return host_of(scope) in LOOPBACK_NAMES and not scope["state"]["forwarded_by_stranger"]
