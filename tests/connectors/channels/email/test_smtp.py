"""Every answer of a mail server becomes what the hub may do next."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.channels.email import EmailChannel
from connectors.channels.email.settings import Server
from connectors.channels.email.smtp import amazon_id
from hub.ports.channel import Account
from hub.ports.errors import ConnectorError, Misconfigured, RateLimited, Rejected, Uncertain, Unreachable
from hub.ports.message import Address, InboundMessage, OutboundMessage, Part, Receipt, Sent
from tests.connectors.channels.email.ledger import Ledger
from tests.connectors.channels.email.test_watch import account as watched
from tests.connectors.channels.email.test_watch import holding
from tests.parts.dovecot import Dovecot
from tests.parts.process import free_port
from tests.parts.smtp import MailServer, into, mail_server
from tests.parts.tls import make_certificate

MARA = "mara@customer.example"


def account(port: int, **settings: str) -> Account:
    return Account(
        name="support",
        channel="email",
        label="Shop",
        settings={
            "address": "support@shop.example",
            "smtp_host": "127.0.0.1",
            "smtp_port": str(port),
            "smtp_security": "none",
            **settings,
        },
    )


def part(to: str = MARA, cc: tuple[str, ...] = ()) -> Part:
    message = OutboundMessage(
        key="k1",
        to=Address(kind="email", address=to),
        cc=cc,
        text="It is on its way.",
        subject="Parcel",
        reply_token="k3j5x7",
    )
    return Part(number=1, message=message)


@pytest.fixture(name="channel")
async def make_channel() -> AsyncIterator[EmailChannel]:
    channel = EmailChannel()
    yield channel
    await channel.stop()


async def failure(account: Account, part: Part) -> ConnectorError:
    channel = EmailChannel()
    with pytest.raises(ConnectorError) as raised:
        await channel.send(account, part)
    await channel.stop()
    return raised.value


async def test_mail_is_sent_under_its_id(outgoing_mail: MailServer, channel: EmailChannel) -> None:
    sent = await channel.send(account(outgoing_mail.port), part(cc=("ali@customer.example",)))

    [mail] = await outgoing_mail.wait_for(1)
    assert sent == Sent(provider_id="ot.k3j5x7@shop.example")
    assert mail.sender == "support@shop.example"
    assert mail.recipients == (MARA, "ali@customer.example")
    assert b"Message-ID: <ot.k3j5x7@shop.example>" in mail.raw


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ("550 5.1.1 No such mailbox", Rejected, "5.1.1"),
        ("553 Not allowed", Rejected, "553"),
        ("550 5.7.1 Spam", Rejected, "5.7.1"),
        ("552 5.2.2 Mailbox full", Unreachable, "5.2.2"),
        ("450 4.2.0 Busy", Unreachable, "4.2.0"),
        ("451 4.7.1 Greylisted, try again later", RateLimited, "4.7.1"),
        ("550 Greylisting in action", RateLimited, "550"),
        ("421 4.7.0 Too many mails", RateLimited, "4.7.0"),
        ("530 5.7.0 Authentication required", Misconfigured, "5.7.0"),
    ],
)
async def test_refusal_says_what_to_do(
    outgoing_mail: MailServer, answer: str, kind: type[ConnectorError], code: str
) -> None:
    outgoing_mail.refuse(MARA, answer)

    error = await failure(account(outgoing_mail.port), part())

    assert type(error) is kind
    assert error.code == code
    assert answer.partition(" ")[0] in error.reason


async def test_refusal_after_the_text_is_no_doubt(outgoing_mail: MailServer) -> None:
    outgoing_mail.refuse_mails("554 5.6.0 Content refused")

    assert type(await failure(account(outgoing_mail.port), part())) is Rejected


async def test_mail_too_large_for_the_server_is_given_up(outgoing_mail: MailServer) -> None:
    outgoing_mail.refuse_mails("552 5.3.4 Message too big")

    error = await failure(account(outgoing_mail.port), part())

    assert type(error) is Rejected
    assert "larger than the recipient takes" in error.reason


async def test_connection_lost_after_the_text_is_uncertain(outgoing_mail: MailServer) -> None:
    outgoing_mail.hang_up_after_mails()

    assert type(await failure(account(outgoing_mail.port), part())) is Uncertain


async def test_refused_copy_does_not_stop_the_mail(outgoing_mail: MailServer, channel: EmailChannel) -> None:
    outgoing_mail.refuse("ali@customer.example", "550 5.1.1 No such mailbox")

    sent = await channel.send(account(outgoing_mail.port), part(cc=("ali@customer.example",)))

    [mail] = await outgoing_mail.wait_for(1)
    assert mail.recipients == (MARA,)
    assert sent.details == {"refused": {"ali@customer.example": "550 5.1.1 No such mailbox"}}


async def test_copies_alone_are_not_sent(outgoing_mail: MailServer) -> None:
    outgoing_mail.refuse(MARA, "550 5.1.1 No such mailbox")

    error = await failure(account(outgoing_mail.port), part(cc=("ali@customer.example",)))

    assert type(error) is Rejected
    assert not outgoing_mail.mails


async def test_server_that_is_not_there_is_unreachable() -> None:
    assert type(await failure(account(free_port()), part())) is Unreachable


@asynccontextmanager
async def server_that_breaks_off(said: bytes) -> AsyncIterator[int]:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        if said.startswith(b"220"):
            await reader.readline()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize("said", [b"", b"220 hello\r\n", b"554 no service here\r\n", b"nonsense\r\n"])
async def test_connection_lost_before_the_text_is_no_doubt(said: bytes) -> None:
    async with server_that_breaks_off(said) as port:
        error = await failure(account(port), part())

    assert isinstance(error, (Unreachable, Rejected))


async def test_nothing_is_sent_in_the_clear_where_tls_was_demanded(outgoing_mail: MailServer) -> None:
    error = await failure(account(outgoing_mail.port, smtp_security="starttls", smtp_password="secret"), part())

    assert type(error) is Misconfigured
    assert not outgoing_mail.mails


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_is_sent_encrypted_and_signed_in(tmp_path: Path, security: str) -> None:
    certificate = make_certificate(tmp_path)
    serving = certificate.serving()
    channel = EmailChannel()

    async with mail_server(
        passwords={"support": "secret"},
        tls=serving if security == "tls" else None,
        starttls=serving if security == "starttls" else None,
    ) as server:
        settings = {"smtp_security": security, "smtp_username": "support", "ca_file": str(certificate.chain)}
        good = account(server.port, smtp_password="secret", **settings)
        wrong = await failure(account(server.port, smtp_password="wrong", **settings), part())
        probes = await channel.test(good)
        await channel.send(good, part())
        [mail] = await server.wait_for(1)
        await channel.stop()

    assert mail.signed_in_as == "support"
    assert type(wrong) is Misconfigured
    assert "wrong" not in wrong.reason
    assert all(probe.ok for probe in probes)


async def test_certificate_of_nobody_we_know_is_refused(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)

    async with mail_server(tls=certificate.serving()) as server:
        error = await failure(account(server.port, smtp_security="tls"), part())

    assert type(error) is Misconfigured
    assert "certificate" in error.reason


async def test_account_that_only_receives_says_so() -> None:
    assert type(await failure(account(1, smtp_host=""), part())) is Misconfigured


async def test_copy_is_put_into_sent(outgoing_mail: MailServer, mail_store: Dovecot, channel: EmailChannel) -> None:
    box = mail_store.new_mailbox()
    ours = watched(mail_store, box, sent_copy="yes", **smtp_of(outgoing_mail))

    await channel.send(ours, part())
    await asyncio.wait(channel._copies, timeout=10)

    [copy] = mail_store.mails(box, "Sent")
    [sent] = outgoing_mail.mails
    assert copy.rstrip() == sent.raw.rstrip()


def smtp_of(server: MailServer) -> dict[str, str]:
    return {"smtp_host": server.host, "smtp_port": str(server.port), "smtp_security": "none"}


async def test_answer_and_bounce_come_back_to_what_we_sent(mail_store: Dovecot) -> None:
    shop, customer = mail_store.new_mailbox("shop"), mail_store.new_mailbox("customer")
    ledger, channel = Ledger(), EmailChannel()

    async with mail_server(hand_on=into(mail_store)) as server:
        ours = watched(mail_store, shop, plus_addressing="yes", **smtp_of(server))
        async with holding(ours, ledger):
            await ledger.was("ok")
            sent = await channel.send(ours, part(customer))
            [received] = await asyncio.to_thread(mail_store.mails, customer)
            await asyncio.to_thread(mail_store.deliver, shop, answer_to(received, customer), customer)
            await asyncio.to_thread(mail_store.deliver, shop, bounce_of(received))
            items = await ledger.has(2)
        await channel.stop()

    answer, bounce = [item for each in items for item in await channel.read(ours, each.body, each.headers)]
    assert isinstance(answer, InboundMessage)
    assert answer.reply_tokens == ("k3j5x7",)
    assert answer.thread_ids == (sent.provider_id,)
    assert isinstance(bounce, Receipt)
    assert (bounce.provider_id, bounce.state, bounce.permanent) == (sent.provider_id, "failed", True)


def answer_to(received: bytes, sender: str) -> bytes:
    sent_id = received.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
    return f"From: {sender}\r\nTo: x\r\nSubject: Re: Parcel\r\nIn-Reply-To: {sent_id}\r\n\r\nThanks\r\n".encode()


def bounce_of(received: bytes) -> bytes:
    head = (
        b"From: MAILER-DAEMON@mx.example\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n"
        b"--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        b"Final-Recipient: rfc822; x@y.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    )
    return head + b"--r\r\nContent-Type: message/rfc822\r\n\r\n" + received + b"\r\n--r--\r\n"


def test_id_that_amazon_writes_is_learnt() -> None:
    given = "0102019a-1b2c3d4e-5f60-7a8b-9c0d-1e2f3a4b5c6d-000000"
    server = Server(host="email-smtp.eu-west-1.amazonaws.com", port=587, security="starttls", username="", password="")

    assert amazon_id(server, f"Ok {given}") == f"{given}@eu-west-1.amazonses.com"
    assert amazon_id(server, "2.0.0 queued") == ""
