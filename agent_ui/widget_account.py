"""What a widget's page and its socket tell about the account behind it, and which pages may hold the widget."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from agent_ui.protocol import WidgetAccount, WidgetBrand
from hub.bootstrap import Hub
from hub.ports.channel import Account, field
from hub.services.accounts import NoSuchAccount

# The account of a page that names none; it is there from the start.
DEFAULT = "web"

# Shops are built on the builder's own machine; nobody else's page has these names.
LOOPBACK = ("http://localhost:*", "https://localhost:*", "http://127.0.0.1:*", "https://127.0.0.1:*")
ANY = ("https:", "http:")

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_OWN_PORT = {"http": 80, "https": 443}


async def widget_account(hub: Hub, name: str) -> Account:
    """The account with this name, if a widget can be its front; raises `NoSuchAccount`."""
    account = await hub.accounts.get(name or DEFAULT)
    channel = hub.channels.get(account.channel)
    if channel is None or not channel.capabilities.instant:
        raise NoSuchAccount
    return account


def told(account: Account, company: str, language: str) -> WidgetAccount:
    """The account as visitors may know it."""
    radius = field(account.settings, "radius", "16")
    theme = field(account.settings, "theme")
    brand = WidgetBrand(
        accent=field(account.settings, "accent", "#0E5F73"),
        on_accent=field(account.settings, "on_accent", "#FFFFFF"),
        radius=int(radius) if radius.isascii() and radius.isdigit() else 16,
        logo_text=field(account.settings, "logo_text"),
        theme="light" if theme == "light" else "dark" if theme == "dark" else None,
    )
    label = account.label or brand.logo_text or company
    return WidgetAccount(name=account.name, label=label, language=language, brand=brand)


def holders(account: Account, own: str) -> list[str]:
    """The pages that may hold the widget, as sources of a Content-Security-Policy.

    Our own and those on the builder's machine always may; of others those that the account names, or all when it
    names none.
    """
    written = field(account.settings, "origins").replace(",", " ").split()
    named = [origin for text in written if (origin := origin_of(text))] if written else ANY
    return list(dict.fromkeys((own, *LOOPBACK, *named)))


def origin_of(written: str) -> str:
    """The origin that somebody wrote down, as browsers write it; empty when it is none."""
    try:
        parts = urlsplit(written.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        return ""
    if parts.scheme not in _OWN_PORT or not _HOST.fullmatch(host):
        return ""
    return f"{parts.scheme}://{host}" + ("" if port in (None, _OWN_PORT[parts.scheme]) else f":{port}")
