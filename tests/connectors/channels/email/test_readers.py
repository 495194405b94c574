"""A mail that takes too much costs one process; the mail after it is read as if nothing had been."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from connectors.channels.email.child import Limits
from connectors.channels.email.readers import Readers
from connectors.channels.email.settings import mailbox
from hub.ports.channel import Account
from hub.ports.errors import Unreadable
from hub.ports.message import InboundMessage

BOX = mailbox(Account(name="support", channel="email", settings={"address": "support@shop.example"}))
HARMLESS = b"From: mara@customer.example\r\nMessage-ID: <1@x>\r\n\r\nhello"
# Its parts are many, so that even a fast computer needs more than a second.
PARTS = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
HEAVY = PARTS + b"--b\r\n\r\nhi\r\n" * 400_000

LARGE = b"From: a@b.example\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 10_000_000


def children() -> set[int]:
    """The processes that this one has started."""
    told = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {int(child) for thread in told for child in thread.read_text().split()}


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


async def test_mails_read_at_once_are_told_apart() -> None:
    readers = Readers()
    raws = [HARMLESS + f" {number}".encode() for number in range(100)]

    found = await asyncio.gather(*(words(readers, raw) for raw in raws))

    assert found == [f"hello {number}" for number in range(100)]


async def test_mail_over_a_limit_costs_none_of_those_read_with_it() -> None:
    readers = Readers(Limits(cpu_seconds=1, children=1))
    mails = [HARMLESS, HARMLESS, HEAVY, HARMLESS, HARMLESS]

    found = await asyncio.gather(*(words(readers, raw) for raw in mails), return_exceptions=True)

    assert [word if isinstance(word, str) else type(word) for word in found] == [
        *("hello", "hello", Unreadable, "hello", "hello")
    ]


async def test_mail_whose_reader_somebody_killed_is_read_by_another() -> None:
    before = children()
    readers = Readers(Limits(children=1))
    await words(readers, HARMLESS)
    [child] = children() - before

    slow = asyncio.create_task(readers.read(BOX, PARTS + b"--b\r\n\r\nhi\r\n" * 20_000, {}))
    await asyncio.sleep(0)
    os.kill(child, signal.SIGKILL)

    assert await slow


async def test_children_are_replaced_after_some_mails() -> None:
    readers = Readers(Limits(mails=2, children=1))

    assert [await words(readers, HARMLESS) for _ in range(5)] == ["hello"] * 5


async def test_large_mail_passes_through_the_pipe() -> None:
    raw = HARMLESS + b" " + b"x" * 20_000_000

    assert len(await words(Readers(), raw)) == 1_500_000
