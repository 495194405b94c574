"""A channel that works: its provider is an object in the test, which keeps what was sent and fails as it is told."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from hub.ports.channel import Account, Capabilities, Channel, Probe, Receiver, Setting
from hub.ports.errors import Refused, Unreadable
from hub.ports.message import CallReport, Ignored, InboundMessage, Item, OutboundMessage, Part, Receipt, Sent

SIGNATURE = "x-fake-signature"

_items = msgspec.json.Decoder(list[dict[str, object]])
_KINDS: dict[object, type[Item]] = {
    "message": InboundMessage,
    "receipt": Receipt,
    "call": CallReport,
    "ignored": Ignored,
}


def payload(*items: Item) -> bytes:
    """What the provider would post about these."""
    names = {kind: name for name, kind in _KINDS.items()}
    return msgspec.json.encode([{"is": names[type(item)], "item": item} for item in items])


@dataclass
class FakeProvider:
    """The other side. `failures` are raised by the next sends, one each (None: that one goes through)."""

    sent: list[tuple[str, Part]] = field(default_factory=list)
    failures: deque[Exception | None] = field(default_factory=deque)
    # While it is not set, whoever sends waits.
    open: asyncio.Event = field(default_factory=asyncio.Event)
    # Accounts whose server takes a part and never says so.
    hanging: set[str] = field(default_factory=set)
    # Whether the provider takes over ids that we choose.
    takes_ids: bool = False
    # A part is in the provider's hands, whether it was answered or not.
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    @property
    def messages(self) -> list[OutboundMessage]:
        return [part.message for _, part in self.sent]

    async def take(self, account: Account, part: Part) -> Sent:
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure
        self.sent.append((account.name, part))
        self.reached.set()
        await self.open.wait()
        if account.name in self.hanging:
            await asyncio.Event().wait()
        return Sent(provider_id=id_of(part))


def id_of(part: Part) -> str:
    return f"<{part.message.key}.{part.number}@fake.example>"


class FakeChannel(Channel):
    """Bound to addresses, with receipts; splits what is longer than a line of a telegram."""

    name = "fake"
    label = "Fake"
    address_kind = "email"
    capabilities = Capabilities(
        start=True, receipts=True, subject=True, copies=True, quotes=True, max_text=1000, max_file=1_000_000
    )
    settings = (
        Setting(key="address", help="The address customers write to.", required=True),
        Setting(key="secret", help="What the provider signs with.", secret=True),
    )

    def __init__(self, provider: FakeProvider | None = None) -> None:
        self.provider = provider or FakeProvider()

    def describe(self, account: Account) -> str:
        return account.settings.get("address", "") or account.name

    def accounts_of(self, body: bytes, headers: Mapping[str, str]) -> Sequence[str]:
        return [headers["x-fake-account"]] if "x-fake-account" in headers else ()

    def verify(self, account: Account, body: bytes, headers: Mapping[str, str]) -> None:
        if headers.get(SIGNATURE) != account.settings.get("secret", ""):
            raise Refused

    def parse(self, account: Account, body: bytes, headers: Mapping[str, str]) -> Sequence[Item]:
        try:
            return [msgspec.convert(item["item"], _KINDS[item["is"]]) for item in _items.decode(body)]
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, RecursionError) as problem:
            raise Unreadable("This is not what the provider sends.") from problem

    async def run(self, account: Account, receive: Receiver) -> None:
        return

    def split(self, account: Account, message: OutboundMessage) -> Sequence[Part]:
        limit = self.capabilities.max_text
        texts = [message.text[i : i + limit] for i in range(0, len(message.text), limit)] or [""]
        return [
            Part(number=number, message=msgspec.structs.replace(message, text=text))
            for number, text in enumerate(texts, 1)
        ]

    def id_of(self, account: Account, part: Part) -> str:
        return id_of(part) if self.provider.takes_ids else ""

    async def send(self, account: Account, part: Part) -> Sent:
        return await self.provider.take(account, part)

    async def test(self, account: Account) -> Sequence[Probe]:
        return (Probe(step="Reach the provider", ok=self.provider.open.is_set(), remedy="Open it."),)
