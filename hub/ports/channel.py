"""The port of a channel: what a kind of way to reach us declares about itself, and what it can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Protocol

import msgspec

from hub.ports.errors import Refused, Rejected
from hub.ports.message import Item, OutboundMessage, Part, Sent


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing an administrator sets for an account of this channel."""

    key: str
    help: str
    secret: bool = False
    required: bool = False
    default: str = ""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel can do. Outside `connectors/` this is asked, never which channel it is.

    `bound_to`: `address` when an answer reaches the address's owner, `session` when it reaches whoever is there.
    `max_text` in characters (0: no limit), `max_file` in bytes (0: carries no files).
    `instant`: sending is done when the entry is stored (the hub's own sockets deliver it).
    `copies`: a message can go to others too, as a copy that all of them see.
    `carries_any`: takes answers to whatever address its messages came from (a shop's own backend).
    `falls_back_to`: address kind to which an answer goes once the session has ended, '' for none.
    """

    bound_to: Literal["address", "session"] = "address"
    reply: bool = True
    start: bool = False
    rich_text: bool = False
    receipts: bool = False
    typing: bool = False
    manual: bool = False
    subject: bool = False
    copies: bool = False
    quotes: bool = False
    instant: bool = False
    carries_any: bool = False
    max_text: int = 0
    max_file: int = 0
    undo_seconds: int = 0
    falls_back_to: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One configured instance of a channel; `settings` has its secrets decrypted."""

    name: str
    channel: str
    label: str = ""
    settings: Mapping[str, str] = {}


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One raw thing a held connection offers: its bytes, and the id that tells whether it was offered before.

    `backfilled` marks what lay there before the account was connected.
    """

    provider_id: str
    body: bytes
    headers: Mapping[str, str] = {}
    backfilled: bool = False


class Receiver(Protocol):
    """What the hub hands to `Channel.run` to take in what arrives."""

    async def __call__(self, items: Sequence[Received], cursor: str | None = None) -> None:
        """Commit the raw items together with the connector's new cursor; return once they are safe."""

    async def cursor(self) -> str:
        """The cursor last committed for this account, '' at the very start."""

    async def unknown(self, provider_ids: Sequence[str]) -> list[str]:
        """Those of the ids that were never offered for this account, in the order given."""

    async def state(self, state: Literal["connecting", "ok", "failing"], reason: str = "") -> None:
        """Tell how the connection is doing; colleagues see it."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an account's test and how it went, with a remedy where it failed."""

    step: str
    ok: bool
    remedy: str = ""


class Channel(ABC):
    """A kind of way to reach us. One file in `connectors/channels/`, found by being there.

    One instance serves all accounts of the channel; it keeps no state of its own between calls, except connections.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    address_kind: ClassVar[str]
    scoped: ClassVar[bool] = False
    capabilities: ClassVar[Capabilities]
    settings: ClassVar[tuple[Setting, ...]] = ()

    def accounts_of(self, body: bytes, headers: Mapping[str, str]) -> Sequence[str]:
        """Names of the accounts this webhook request is for; empty when the address it came to says it."""
        return ()

    def verify(self, account: Account, body: bytes, headers: Mapping[str, str]) -> None:
        """Check the raw bytes' signature; raises `Refused`. Called before anything is stored."""
        raise Refused("This channel takes no webhooks.")

    def parse(self, account: Account, body: bytes, headers: Mapping[str, str]) -> Sequence[Item]:
        """Read a stored payload. Pure: no network, no clock; may be run again. Raises `Unreadable`."""
        return ()

    async def read(self, account: Account, body: bytes, headers: Mapping[str, str]) -> Sequence[Item]:
        """`parse` in the isolation that this channel's payloads need: a hostile one may cost a child process."""
        return self.parse(account, body, headers)

    async def run(self, account: Account, receive: Receiver) -> None:  # noqa: B027 - most channels hold nothing
        """Hold this account's own connection until cancelled. Return at once when there is none to hold."""

    def split(self, account: Account, message: OutboundMessage) -> Sequence[Part]:
        """The parts that this message takes on this channel. Pure."""
        return (Part(number=1, message=message),)

    def id_of(self, account: Account, part: Part) -> str:
        """The provider's id of a part where we choose it, before it is sent; '' where the other side gives it. Pure."""
        return ""

    async def send(self, account: Account, part: Part) -> Sent:
        """Hand one part to the other side.

        Raises `Unreachable`, `RateLimited`, `Rejected`, `Uncertain` or `Misconfigured`.
        """
        raise Rejected("This channel cannot send.")

    async def test(self, account: Account) -> Sequence[Probe]:
        """Try the account's settings against the real other side, step by step."""
        return ()

    async def stop(self) -> None:  # noqa: B027 - most channels hold nothing
        """Let go of the connections kept between calls; none is made after this."""

    @abstractmethod
    def describe(self, account: Account) -> str:
        """The address under which customers reach this account, as shown to colleagues."""


def field(settings: Mapping[str, Any], key: str, default: str = "") -> str:
    """A setting's text, or the default when it is not set or empty."""
    value = settings.get(key)
    return str(value) if value not in (None, "") else default
