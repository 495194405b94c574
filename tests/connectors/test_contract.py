"""Every connector that is found keeps the same contract, and so does the fake one that tests use."""

import asyncio
import inspect
from collections.abc import Sequence
from pathlib import Path

import pytest

import connectors.channels
from connectors import found
from hub.ports.channel import Account, Channel, Received, Setting
from hub.ports.commerce import Commerce
from hub.ports.errors import ConnectorError, Refused, Unreadable
from hub.ports.message import Address, InboundMessage, Item, OutboundMessage
from tests.hub.fake_channel import FakeChannel, payload

CHANNELS = {**found.channels(), "fake": FakeChannel()}
SHOPS = found.shops()
NONSENSE = [
    b"",
    b"\x00\xff\xfe",
    b"{",
    b"[]",
    b"null",
    b'{"a":' * 2000,
    b"\xed\xa0\x80",
    b"S: =?x?q?=?=\r\n\r\n",
    b"0" * 70_000,
]

channels = pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS.keys())
shops = pytest.mark.parametrize("shop", SHOPS.values(), ids=SHOPS.keys())


def an_account(channel: Channel) -> Account:
    """An account with what the channel asks for, and nobody at the other end."""
    settings = {setting.key: _nowhere(setting) for setting in channel.settings if setting.required or setting.default}
    return Account(name="test", channel=channel.name, settings=settings)


def _nowhere(setting: Setting) -> str:
    if "host" in setting.key:
        return "127.0.0.1"
    if "port" in setting.key:
        return "9"
    return setting.default or "x@example.com"


def a_message(text: str = "Hello") -> OutboundMessage:
    return OutboundMessage(key="delivery-1", to=Address(kind="email", address="a@example.com"), text=text)


class EmptyReceiver:
    """A hub that has seen nothing yet and takes everything."""

    async def __call__(self, items: Sequence[Received], cursor: str | None = None) -> None:
        return

    async def cursor(self) -> str:
        return ""

    async def unknown(self, provider_ids: Sequence[str]) -> list[str]:
        return list(provider_ids)

    async def state(self, state: str, reason: str = "") -> None:
        return


def test_each_file_of_the_folder_is_one_channel_of_its_name() -> None:
    folder = Path(connectors.channels.__file__).parent
    names = {path.stem for path in folder.iterdir() if not path.name.startswith("_")}

    assert set(found.channels()) == names
    assert all(channel.name == name for name, channel in CHANNELS.items())


@channels
def test_a_channel_says_what_it_is(channel: Channel) -> None:
    assert channel.label
    assert channel.address_kind.isidentifier()
    assert channel.capabilities.bound_to in {"address", "session"}
    assert channel.describe(an_account(channel))


@channels
def test_settings_are_explained_and_named_once(channel: Channel) -> None:
    keys = [setting.key for setting in channel.settings]

    assert len(set(keys)) == len(keys)
    for setting in channel.settings:
        assert setting.key.isidentifier()
        assert setting.help.endswith((".", "?"))
        assert not (setting.secret and setting.default)


@channels
@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
async def test_nonsense_is_read_or_unreadable_and_nothing_else(channel: Channel, body: bytes) -> None:
    try:
        read = list(await channel.read(an_account(channel), body, {}))
    except Unreadable:
        read = []

    assert all(isinstance(item, Item) for item in read)


@channels
@pytest.mark.parametrize("headers", [{}, {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}])
def test_what_is_not_signed_is_refused_before_it_is_stored(channel: Channel, headers: dict[str, str]) -> None:
    with pytest.raises(Refused):
        channel.verify(an_account(channel), b"{}", headers)


@channels
@pytest.mark.parametrize("text", ["", "Hello", "ä" * 5000, "👩‍👧 " * 3000])
def test_a_message_in_parts_is_the_whole_message(channel: Channel, text: str) -> None:
    parts = channel.split(an_account(channel), a_message(text))

    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert "".join(part.message.text for part in parts) == text
    limit = channel.capabilities.max_text
    assert not limit or channel.capabilities.instant or all(len(part.message.text) <= limit for part in parts)
    assert all(part.message.key == "delivery-1" for part in parts)


@channels
async def test_sending_to_nowhere_ends_in_an_error_that_says_what_to_do(channel: Channel) -> None:
    account = an_account(channel)
    part = channel.split(account, a_message())[0]

    try:
        async with asyncio.timeout(30):
            said = f"Sent {(await channel.send(account, part)).provider_id}."
    except ConnectorError as problem:
        said = problem.reason

    assert said[:1].isupper()
    assert said.endswith(".")


@channels
async def test_a_channel_without_a_connection_to_hold_says_so_at_once(channel: Channel) -> None:
    """One that holds a connection ends when it is cancelled, and not by an exception of its own."""
    task = asyncio.create_task(channel.run(an_account(channel), EmptyReceiver()))
    done, _ = await asyncio.wait([task], timeout=0.5)

    if not done:
        task.cancel()
        await asyncio.wait([task], timeout=20)
    assert task.cancelled() or task.exception() is None


@channels
def test_a_channel_keeps_no_state_of_its_own(channel: Channel) -> None:
    assert type(channel) is FakeChannel or not [
        name for name, value in vars(channel).items() if isinstance(value, (dict, list, set)) and value
    ]
    assert inspect.iscoroutinefunction(channel.send)


@shops
def test_a_shop_says_what_it_is(shop: Commerce) -> None:
    assert shop.name in SHOPS
    assert shop.label


def test_the_fake_channel_reads_what_its_provider_writes() -> None:
    channel = FakeChannel()
    message = InboundMessage(external_id="1", sender=Address(kind="email", address="a@example.com"), text="Hello")

    assert channel.parse(an_account(channel), payload(message), {}) == [message]
