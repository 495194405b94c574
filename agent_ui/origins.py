"""Where a request really comes from: through which proxy, from whose page, for which name, and how privately."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from functools import lru_cache
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
    seen = dict(scope)
    state = {**scope.get("state", {}), "forwarded_by_stranger": False}
    seen["state"] = state
    own = [header for header in scope["headers"] if header[0] not in FORWARDED]
    if len(own) == len(scope["headers"]):
        return seen
    seen["headers"] = own
    client = scope["client"][0] if scope.get("client") else ""
    if _is_trusted(client, trusted):
        headers = Headers(scope=scope)
        seen["client"] = (_first_stranger(client, headers.getlist("x-forwarded-for"), trusted), 0)
        proto = headers.get("x-forwarded-proto", "").rsplit(",", 1)[-1].strip().lower()
        if proto in {"http", "https"}:
            seen["scheme"] = proto if scope["type"] == "http" else {"http": "ws", "https": "wss"}[proto]
    else:
        state["forwarded_by_stranger"] = True
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


def outside_address(scope: Scope) -> str:
    """Under which address this caller is counted, '' for one on this machine: behind a proxy of which we were not told
    that could be anybody. Of IPv6 it is the network, in which one caller has addresses without number."""
    address = scope["client"][0] if scope.get("client") else ""
    if ":" not in address:
        return "" if address.startswith("127.") else address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return outside_address({"client": (str(parsed.ipv4_mapped), 0)})
    return "" if parsed.is_loopback else f"{ipaddress.IPv6Network((parsed, 64), strict=False).network_address}/64"


def host_of(scope: Scope) -> str:
    """The name by which the hub was called, without its port; raises `WrongHost` if that is none."""
    named = Headers(scope=scope).getlist("host")
    host = _host_in(named[0]) if len(named) == 1 else None
    if not host:
        raise WrongHost
    return host


@lru_cache(maxsize=256)
def _host_in(written: str) -> str | None:
    try:
        return urlsplit(f"//{written}").hostname
    except ValueError:
        return None


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
