"""Each real part of the tests runs, does what its tests rely on, and is gone afterwards."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from email.message import EmailMessage

import aiosmtplib
import asyncpg
import pytest
from imapclient import IMAPClient
from playwright.async_api import Browser
from redis import Redis

from tests.parts.browser import ROOT, axe
from tests.parts.dovecot import Dovecot, dovecot
from tests.parts.postfix import postfix
from tests.parts.postgres import Postgres
from tests.parts.process import scratch_folder
from tests.parts.smtp import MailServer, into, mail_server
from tests.parts.tls import make_certificate
from tests.parts.valkey import Valkey


def a_mail(to: str = "shop@example.org", text: str = "Where is my order?") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ada@example.com", to, "Order 4711"
    mail.set_content(text)
    return mail


async def send(mail: EmailMessage, server: MailServer, password: str | None = None) -> None:
    name = "hub" if password else None
    await aiosmtplib.send(mail, hostname=server.host, port=server.port, username=name, password=password)


def test_mail_store_keeps_what_is_delivered_and_what_is_appended(mail_store: Dovecot) -> None:
    mailbox = mail_store.new_mailbox()

    mail_store.deliver(mailbox, b"Subject: one\r\n\r\ndelivered\r\n", sender="ada@example.com")
    mail_store.append(mailbox, b"Subject: two\r\n\r\nappended\r\n")

    delivered, appended = mail_store.mails(mailbox)
    assert b"Return-Path: <ada@example.com>" in delivered
    assert appended == b"Subject: two\r\n\r\nappended\r\n"


def test_mail_store_wakes_those_who_idle(mail_store: Dovecot) -> None:
    mailbox = mail_store.new_mailbox()

    with mail_store.signed_in(mailbox) as client:
        client.select_folder("INBOX")
        client.idle()
        mail_store.deliver(mailbox, a_mail().as_bytes())
        woken_by = client.idle_check(timeout=20)
        client.idle_done()

    assert (1, b"EXISTS") in woken_by


async def test_mail_store_takes_mail_by_lmtp(mail_store: Dovecot) -> None:
    mailbox = mail_store.new_mailbox()
    reader, writer = await asyncio.open_connection(mail_store.host, mail_store.lmtp_port)

    lines = [
        "LHLO localhost",
        "MAIL FROM:<>",
        f"RCPT TO:<{mailbox}>",
        "DATA",
        "Subject: by LMTP\r\n\r\ntext\r\n.",
        "QUIT",
    ]
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    await asyncio.wait_for(reader.read(), 20)
    writer.close()
    await writer.wait_closed()

    assert b"Subject: by LMTP" in mail_store.mails(mailbox)[0]


def test_mail_store_speaks_tls() -> None:
    with dovecot(tls=True) as server:
        assert server.certificate
        context = server.certificate.trusting()
        with IMAPClient("localhost", server.imaps_port, ssl_context=context, timeout=30) as client:
            client.login(server.new_mailbox(), server.password)

            assert client.select_folder("INBOX")[b"EXISTS"] == 0


async def test_mail_server_keeps_what_it_is_sent(outgoing_mail: MailServer) -> None:
    await send(a_mail(), outgoing_mail)

    [mail] = await outgoing_mail.wait_for(1)

    assert (mail.sender, mail.recipients) == ("ada@example.com", ("shop@example.org",))
    assert b"Where is my order?" in mail.raw


async def test_mail_server_refuses_by_recipient_and_by_mail(outgoing_mail: MailServer) -> None:
    outgoing_mail.refuse("gone@example.org", "550 5.1.1 No such mailbox")

    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await send(a_mail("gone@example.org"), outgoing_mail)
    outgoing_mail.refuse_mails("452 4.3.1 Disk full")
    with pytest.raises(aiosmtplib.SMTPDataError) as postponed:
        await send(a_mail(), outgoing_mail)

    assert (refused.value.recipients[0].code, postponed.value.code) == (550, 452)
    assert outgoing_mail.mails == []


async def test_mail_server_hangs_up_after_having_kept_the_mail(outgoing_mail: MailServer) -> None:
    outgoing_mail.hang_up_after_mails()

    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(a_mail(), outgoing_mail)

    assert len(outgoing_mail.mails) == 1


async def test_mail_server_asks_for_a_password_and_hands_on_into_the_store(mail_store: Dovecot) -> None:
    mailbox = mail_store.new_mailbox()

    async with mail_server(passwords={"hub": "secret"}, hand_on=into(mail_store)) as server:
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await send(a_mail(mailbox), server, password="wrong")
        await send(a_mail(mailbox), server, password="secret")

    assert server.mails[0].signed_in_as == "hub"
    assert b"Where is my order?" in mail_store.mails(mailbox)[0]


async def test_mail_server_speaks_tls(tmp_path_factory: pytest.TempPathFactory) -> None:
    certificate = make_certificate(tmp_path_factory.mktemp("tls"))

    async with mail_server(starttls=certificate.serving()) as server:
        await aiosmtplib.send(
            a_mail(), hostname="localhost", port=server.port, start_tls=True, tls_context=certificate.trusting()
        )

        assert len(server.mails) == 1


async def test_postfix_fills_mailboxes_and_passes_the_rest_on(mail_store: Dovecot, outgoing_mail: MailServer) -> None:
    mailbox = mail_store.new_mailbox()
    with postfix(mail_store, passes_on_to=outgoing_mail.port) as server, mail_store.signed_in(mailbox) as client:
        client.select_folder("INBOX")
        client.idle()

        await aiosmtplib.send(a_mail(mailbox), hostname=server.host, port=server.port)
        await aiosmtplib.send(a_mail("ada@example.com"), hostname=server.host, port=server.port)
        [passed_on] = await outgoing_mail.wait_for(1)
        await asyncio.to_thread(client.idle_check, timeout=20)

    assert passed_on.recipients == ("ada@example.com",)
    assert b"by mail.example.org (Postfix)" in mail_store.mails(mailbox)[0]


async def test_each_postgres_database_is_a_fresh_copy_of_its_template(postgres_server: Postgres) -> None:
    def fill(url: str) -> None:
        postgres_server.run("create table colours (name text)", url)

    postgres_server.build_template("colours", fill)

    for _ in range(2):
        with postgres_server.database("colours") as url:
            connection = await asyncpg.connect(url)
            await connection.execute("insert into colours values ('blue')")
            assert await connection.fetchval("select count(*) from colours") == 1
            await connection.close()


async def test_postgres_database_starts_empty(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)

    assert await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
    await connection.close()


def test_valkey_answers(valkey_server: Valkey) -> None:
    with Redis.from_url(valkey_server.url) as client:
        client.set("colour", "blue")

        assert client.get("colour") == b"blue"


POLICY = {"content-security-policy": "script-src 'none'; style-src 'none'"}


def html(body: str) -> str:
    return f"<!doctype html><html lang=en><title>Shop</title><main><h1>Shop</h1>{body}</main></html>"


async def test_axe_judges_pages_and_their_frames_under_a_strict_policy(browser: Browser) -> None:
    pages = {
        "http://shop.test/": html("<p>Welcome</p>"),
        "http://shop.test/chat": html("<iframe title=Chat src=http://hub.test/></iframe>"),
        "http://hub.test/": html("<img src=data:,>"),
    }
    page = await browser.new_page()
    await page.route("**", lambda route: route.fulfill(body=pages[route.request.url], headers=POLICY))

    await page.goto("http://shop.test/")
    assert await axe(page) == []

    await page.goto("http://shop.test/chat")
    assert "image-alt" in [found.rule for found in await axe(page)]


KILLED_RUN = """
import os, signal
from tests.parts.dovecot import dovecot
from tests.parts.postfix import postfix
from tests.parts.postgres import postgres
from tests.parts.valkey import valkey
with dovecot() as store, postgres() as database, valkey() as bus:
    print(store.pid, bus.pid, database.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_test_run_leaves_no_server_behind() -> None:
    with scratch_folder("killed") as folder:
        command = [sys.executable, "-c", KILLED_RUN]
        places = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}

        killed = subprocess.run(command, env=places, capture_output=True, text=True, check=False)

        assert killed.returncode == -signal.SIGKILL, killed.stderr
        for pid in map(int, killed.stdout.split()):
            wait_until_gone(pid)


def wait_until_gone(pid: int) -> None:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([process], [], [], 20)
        assert ended, f"process {pid} is still there"
    finally:
        os.close(process)
