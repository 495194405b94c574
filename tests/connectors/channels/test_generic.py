"""Answers to the shop's own backend: signed webhooks to a real receiver that takes, refuses, delays or breaks off."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from connectors.channels.generic import GenericChannel, sign
from hub.ports.channel import Account
from hub.ports.errors import (
    ConnectorError,
    Misconfigured,
    RateLimited,
    Refused,
    Rejected,
    Uncertain,
    Unreachable,
    Unreadable,
)
from hub.ports.message import Address, AttachmentOut, Ignored, InboundMessage, OutboundMessage, Part
from tests.parts.process import free_port

SECRET = "whsec_" + base64.b64encode(b"a secret of the shop").decode()

MESSAGE = OutboundMessage(
    key="delivery-7",
    to=Address(kind="email", address="anna@example.com", name="Anna"),
    text="Ja – heute.",
    author="Mara",
    attachments=(AttachmentOut(filename="a.txt", content_type="text/plain", data=b"hi"),),
)


@dataclass
class Receiver:
    """A web server that reads one request after the other and answers as told; '' breaks off without an answer."""

    port: int = 0
    answer: str = "204 No Content"
    headers: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            lines = [line.partition(":") for line in head[1:] if line]
            headers = {name.lower(): value.strip() for name, _, value in lines}
            self.got.append((headers, await reader.readexactly(int(headers.get("content-length", "0")))))
            if self.answer:
                end = "content-length: 0\r\nconnection: close\r\n\r\n"
                writer.write(f"HTTP/1.1 {self.answer}\r\n{self.headers}{end}".encode())
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    @property
    def account(self) -> Account:
        settings = {"webhook_url": f"http://127.0.0.1:{self.port}/hook", "webhook_secret": SECRET}
        return Account(name="api", channel="generic", settings=settings)


@pytest.fixture(name="receiver")
async def run_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


async def send(account: Account) -> str:
    return (await GenericChannel().send(account, Part(number=1, message=MESSAGE))).provider_id


async def test_an_answer_arrives_whole_and_signed(receiver: Receiver) -> None:
    assert await send(receiver.account) == "delivery-7"

    [(headers, body)] = receiver.got
    told = json.loads(body)
    assert (told["type"], told["text"], told["author"]) == ("message.sent", "Ja – heute.", "Mara")
    assert told["to"] == {"kind": "email", "address": "anna@example.com", "name": "Anna"}
    assert [base64.b64decode(item["data"]) for item in told["attachments"]] == [b"hi"]
    assert headers["webhook-id"] == "delivery-7"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    signed = f"delivery-7.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(b"a secret of the shop", signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


async def test_our_own_check_takes_what_we_sign(receiver: Receiver) -> None:
    await send(receiver.account)

    [(headers, body)] = receiver.got
    GenericChannel().verify(receiver.account, body, headers)
    with pytest.raises(Refused):
        GenericChannel().verify(receiver.account, body + b" ", headers)


def test_an_old_request_is_refused_though_its_signature_fits() -> None:
    account = Receiver(port=1).account
    stamp = int(time.time()) - 3600
    headers = {"webhook-id": "1", "webhook-timestamp": str(stamp), "webhook-signature": sign(SECRET, "1", stamp, b"{}")}

    with pytest.raises(Refused, match="old"):
        GenericChannel().verify(account, b"{}", headers)


@pytest.mark.parametrize(
    ("answer", "headers", "problem", "code"),
    [
        ("410 Gone", "", Rejected, "410"),
        ("400 Bad Request", "", Rejected, "400"),
        ("401 Unauthorized", "", Rejected, "401"),
        ("301 Moved", "location: http://127.0.0.1:1/\r\n", Unreachable, "301"),
        ("408 Request Timeout", "", Unreachable, "408"),
        ("429 Too Many", "retry-after: 7\r\n", RateLimited, "429"),
        ("500 Oops", "", Unreachable, "500"),
        ("503 Busy", "retry-after: soon\r\n", RateLimited, "503"),
    ],
)
async def test_each_refusal_says_what_to_do_next(
    receiver: Receiver, answer: str, headers: str, problem: type[ConnectorError], code: str
) -> None:
    receiver.answer, receiver.headers = answer, headers

    with pytest.raises(problem) as raised:
        await send(receiver.account)

    assert (type(raised.value), raised.value.code) == (problem, code)
    if isinstance(raised.value, RateLimited):
        assert raised.value.retry_after == (7 if code == "429" else 60)


async def test_a_line_that_breaks_after_the_answer_was_handed_over_is_uncertain(receiver: Receiver) -> None:
    receiver.answer = ""

    with pytest.raises(Uncertain):
        await send(receiver.account)
    assert len(receiver.got) == 1


async def test_a_receiver_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await send(Receiver(port=free_port()).account)


async def test_without_a_webhook_the_answer_is_only_an_entry() -> None:
    assert await send(Account(name="api", channel="generic")) == ""


@pytest.mark.parametrize("url", ["not an address", "ftp://127.0.0.1/", "http://", "http://[::"])
async def test_an_address_that_is_none_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(Misconfigured):
        await send(Account(name="api", channel="generic", settings={"webhook_url": url}))


async def test_a_secret_that_is_none_is_a_wrong_setting(receiver: Receiver) -> None:
    settings = {**receiver.account.settings, "webhook_secret": "whsec_!"}

    with pytest.raises(Misconfigured):
        await send(Account(name="api", channel="generic", settings=settings))


async def test_the_try_names_the_step_that_fails(receiver: Receiver) -> None:
    channel = GenericChannel()
    [reached] = await channel.test(receiver.account)
    [missed] = await channel.test(Receiver(port=free_port()).account)

    assert (reached.ok, missed.ok) == (True, False)
    assert missed.remedy


# --- what the shop brings ---

BROUGHT = {
    "type": "message.received",
    "timestamp": "2026-09-17T08:00:01.123456Z",
    "data": {"conversation": "c-1", "sender": {"id": "cust-9", "name": "Anna"}, "message": {"id": "m-1", "text": "Hi"}},
}


def read(told: object, **headers: str) -> object:
    account = Account(name="api", channel="generic")
    [item] = GenericChannel().parse(account, json.dumps(told).encode(), headers)
    return item


def test_a_message_that_the_shop_brings_is_from_whom_it_vouches_for() -> None:
    item = read(BROUGHT)

    assert isinstance(item, InboundMessage)
    assert (item.external_id, item.text, item.proof) == ("m-1", "Hi", "signed")
    assert item.sender == Address(kind="external", address="cust-9", name="Anna", scope="api")
    assert item.sent_at is not None
    assert item.sent_at.isoformat() == "2026-09-17T08:00:01.123456+00:00"


def test_what_is_no_message_is_left_out_with_its_name() -> None:
    item = read({"type": "cart.abandoned", "timestamp": "2026-09-17T08:00:01Z", "data": {}}, **{"webhook-id": "w-1"})

    assert item == Ignored(external_id="w-1", reason="it tells of “cart.abandoned”")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"type": 1}', b"\xff", json.dumps({**BROUGHT, "data": {}}).encode()]
)
def test_what_is_no_webhook_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        GenericChannel().parse(Account(name="api", channel="generic"), body, {})
