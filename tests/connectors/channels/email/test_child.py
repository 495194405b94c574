"""A mail that takes too much costs one process; the mail after it is read as if nothing had been."""

import asyncio

import pytest

from connectors.channels.email.child import Limits, Readers
from connectors.channels.email.settings import mailbox
from hub.ports.channel import Account
from hub.ports.errors import Unreadable
from hub.ports.message import InboundMessage

BOX = mailbox(Account(name="support", channel="email", settings={"address": "support@shop.example"}))
HARMLESS = b"From: mara@customer.example\r\nMessage-ID: <1@x>\r\n\r\nhello"
# Its parts are many, so that even a fast computer needs more than a second.
HEAVY = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nhi\r\n" * 400_000

LARGE = b"From: a@b.example\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 10_000_000


async def words(readers: Readers, raw: bytes) -> str:
    [item] = await readers.read(BOX, raw, {})
    assert isinstance(item, InboundMessage)
    return item.text


async def test_mail_is_read_in_the_child_as_here() -> None:
    assert await words(Readers(), HARMLESS) == "hello"


@pytest.mark.parametrize(
    ("limits", "raw"),
    [
        (Limits(cpu_seconds=1, children=1), HEAVY),
        (Limits(wall_seconds=3, children=1), HEAVY),
        (Limits(memory=150_000_000, children=1), LARGE),
    ],
    ids=["computing", "time", "memory"],
)
async def test_mail_over_a_limit_is_unreadable_and_the_next_is_read(limits: Limits, raw: bytes) -> None:
    readers = Readers(limits)

    with pytest.raises(Unreadable, match="than a mail may take"):
        await readers.read(BOX, raw, {})

    assert await words(readers, HARMLESS) == "hello"


async def test_heavy_mail_does_not_hold_up_another() -> None:
    readers = Readers(Limits(cpu_seconds=5, children=2))
    await asyncio.gather(words(readers, HARMLESS), words(readers, HARMLESS))

    heavy = asyncio.create_task(readers.read(BOX, HEAVY, {}))
    await asyncio.wait_for(words(readers, HARMLESS), 3)

    assert not heavy.done()
    heavy.cancel()


async def test_children_are_replaced_after_some_mails() -> None:
    readers = Readers(Limits(mails=2, children=1))

    assert [await words(readers, HARMLESS) for _ in range(5)] == ["hello"] * 5


async def test_large_mail_passes_through_the_pipe() -> None:
    raw = HARMLESS + b" " + b"x" * 20_000_000

    assert len(await words(Readers(), raw)) == 1_500_000
