"""What an administrator sets for a mailbox, and the checked form that the rest of the channel works with."""

from __future__ import annotations

import ipaddress

import msgspec

from hub.ports.channel import Account, Setting, field
from hub.ports.errors import Misconfigured

_PORTS = {"imap": {"tls": 993, "starttls": 143, "none": 143}, "smtp": {"tls": 465, "starttls": 587, "none": 25}}
_LOOPBACK_NAMES = {"localhost", "localhost.localdomain", "ip6-localhost"}

SETTINGS = (
    Setting(key="address", help="The address customers write to, such as support@shop.example.", required=True),
    Setting(key="name", help="The name beside the address in mails to customers; the account's label when empty."),
    Setting(key="aliases", help="Other addresses that arrive in this mailbox, separated by commas."),
    Setting(key="imap_host", help="The server mail is read from. Empty: this account only sends."),
    Setting(key="imap_port", help="Its port; the usual one for the security chosen when empty."),
    Setting(key="imap_security", help="tls, starttls, or none (this computer only).", default="tls"),
    Setting(key="imap_username", help="Sign-in name for reading; the address when empty."),
    Setting(key="imap_password", help="Password for reading.", secret=True),
    Setting(key="imap_folder", help="The folder that is read.", default="INBOX"),
    Setting(key="poll_seconds", help="Look for new mail at least this often, beside being told.", default="120"),
    Setting(
        key="listen",
        help="Instead of reading a mailbox: the place on this computer, as 127.0.0.1:2525, where your own mail server "
        "hands mails over by SMTP.",
    ),
    Setting(key="history", help="yes: also bring in what lies in the folder already.", default="no"),
    Setting(key="smtp_host", help="The server mail is sent through. Empty: this account only receives."),
    Setting(key="smtp_port", help="Its port; the usual one for the security chosen when empty."),
    Setting(key="smtp_security", help="starttls, tls, or none (this computer only).", default="starttls"),
    Setting(key="smtp_username", help="Sign-in name for sending; that for reading when empty."),
    Setting(key="smtp_password", help="Password for sending; that for reading when empty.", secret=True),
    Setting(
        key="authserv_id",
        help="The name with which your own mail server signs its Authentication-Results header. "
        "Senders count as proven only by that header. Empty: no sender does.",
    ),
    Setting(
        key="plus_addressing",
        help="yes: answers come to support+…@shop.example, which survives servers that rewrite ids.",
        default="no",
    ),
    Setting(
        key="sent_copy",
        help="yes: put a copy of what is sent into the Sent folder. Not needed at Gmail and Microsoft 365.",
        default="no",
    ),
    Setting(key="ca_file", help="A file with the certificate authority of your own mail server, if it has one."),
)


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach one server."""

    host: str
    port: int
    security: str
    username: str
    password: str
    ca_file: str = ""


class Mailbox(msgspec.Struct, frozen=True, kw_only=True):
    """An account's settings, checked."""

    address: str
    name: str
    aliases: tuple[str, ...]
    imap: Server | None
    smtp: Server | None
    listen: tuple[str, int] | None
    folder: str
    poll_seconds: float
    history: bool
    authserv_id: str
    plus_addressing: bool
    sent_copy: bool

    @property
    def own(self) -> tuple[str, ...]:
        """Every address that is ours."""
        return (self.address, *self.aliases)

    @property
    def domain(self) -> str:
        """The domain of the address, for the ids we make."""
        return self.address.rpartition("@")[2]


def mailbox(account: Account) -> Mailbox:
    """The account's settings in checked form. Raises `Misconfigured`."""
    settings = account.settings
    address = field(settings, "address").strip()
    if address.count("@") != 1 or any(sign.isspace() or sign in "<>,;" for sign in address):
        raise Misconfigured(f"The account's address is not a mail address: {address!r}.")
    return Mailbox(
        address=address,
        name=field(settings, "name", account.label),
        aliases=tuple(each.strip() for each in field(settings, "aliases").split(",") if "@" in each),
        imap=_server(account, "imap", "tls"),
        smtp=_server(account, "smtp", "starttls"),
        listen=_listen(account),
        folder=field(settings, "imap_folder", "INBOX"),
        poll_seconds=_number(account, "poll_seconds", 120, low=1, high=3600),
        history=_yes(account, "history"),
        authserv_id=field(settings, "authserv_id").strip().lower(),
        plus_addressing=_yes(account, "plus_addressing"),
        sent_copy=_yes(account, "sent_copy"),
    )


def _server(account: Account, kind: str, default: str) -> Server | None:
    settings = account.settings
    host = field(settings, f"{kind}_host").strip()
    if not host:
        return None
    security = field(settings, f"{kind}_security", default).strip().lower()
    if security not in _PORTS[kind]:
        raise Misconfigured(f"{kind}_security is {security!r}; it must be tls, starttls or none.")
    if security == "none" and not is_loopback(host):
        raise Misconfigured(f"{kind}_security is none, which is allowed on this computer only, not for {host}.")
    fallback = field(settings, "imap_username", field(settings, "address"))
    unauthenticated = kind == "smtp" and security == "none"
    return Server(
        host=host,
        port=int(_number(account, f"{kind}_port", _PORTS[kind][security], low=1, high=65535)),
        security=security,
        username=field(settings, f"{kind}_username", "" if unauthenticated else fallback),
        password=field(settings, f"{kind}_password", field(settings, "imap_password")),
        ca_file=field(settings, "ca_file"),
    )


def _listen(account: Account) -> tuple[str, int] | None:
    text = field(account.settings, "listen").strip()
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not is_loopback(host) or not port.isdigit() or not 0 < int(port) < 65536:
        raise Misconfigured(f"listen is {text!r}; it must be a place on this computer, such as 127.0.0.1:2525.")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether a host is this computer."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in _LOOPBACK_NAMES


def _number(account: Account, key: str, default: float, low: float, high: float) -> float:
    text = field(account.settings, key)
    try:
        number = float(text) if text else default
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise Misconfigured(f"{key} is {text!r}; it must be a number from {low:g} to {high:g}.")
    return number


def _yes(account: Account, key: str) -> bool:
    text = field(account.settings, key, "no").strip().lower()
    if text not in ("yes", "no"):
        raise Misconfigured(f"{key} is {text!r}; it must be yes or no.")
    return text == "yes"
