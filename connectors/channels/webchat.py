"""The chat widget: its settings and what it can do. Its page and socket are in `agent_ui`; sending is storing."""

from __future__ import annotations

from hub.ports.channel import Account, Capabilities, Channel, Setting, field
from hub.ports.errors import Rejected
from hub.ports.message import Part, Sent


class WebchatChannel(Channel):
    """Chat on the shop's own pages. Bound to a session: whoever sits at that browser reads the answer."""

    name = "webchat"
    label = "Chat"
    address_kind = "visitor"
    scoped = True
    capabilities = Capabilities(
        bound_to="session",
        receipts=True,
        typing=True,
        instant=True,
        max_text=10_000,
        max_file=25_000_000,
        falls_back_to="email",
    )
    settings = (
        Setting(key="origins", help="The shop's origins that may show the widget, separated by spaces."),
        Setting(key="identity_secret", help="Secret with which the shop signs who is signed in (HS256).", secret=True),
        Setting(key="identity_key", help="Or the shop's public Ed25519 key in PEM (EdDSA)."),
        Setting(key="hours", help="Opening hours, as “Mon-Fri 09:00-18:00; Sat 10:00-14:00”. Empty: always open."),
        Setting(key="time_zone", help="Time zone of the opening hours, as Europe/Berlin.", default="UTC"),
        Setting(key="language", help="Language of the widget: en or de. Empty: the visitor's."),
        Setting(key="accent", help="The brand's colour, as #0E5F73.", default="#0E5F73"),
        Setting(key="on_accent", help="Text on the brand's colour.", default="#FFFFFF"),
        Setting(key="theme", help="light or dark, as the shop's pages are. Empty: the visitor's choice."),
        Setting(key="radius", help="Roundness of corners in pixels.", default="16"),
        Setting(key="logo_text", help="The shop's name as the widget shows it."),
    )

    def describe(self, account: Account) -> str:
        return account.label or field(account.settings, "logo_text", "Chat")

    async def send(self, account: Account, part: Part) -> Sent:
        raise Rejected("A chat answer is delivered by the hub's own socket.")
