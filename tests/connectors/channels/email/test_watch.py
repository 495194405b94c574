"""A mailbox on a real server: every mail is offered once, whatever others and the network do to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from imapclient import SEEN

from connectors.channels.email import EmailChannel
from connectors.channels.email.imap import Store
from connectors.channels.email.settings import mailbox
from connectors.channels.email.watch import Pace
from hub.ports.channel import Account
from hub.ports.errors import Misconfigured, Unreadable
from hub.ports.message import InboundMessage
from tests.connectors.channels.email.ledger import Ledger
from tests.parts.dovecot import Dovecot, dovecot
from tests.parts.process import free_port

PACE = Pace(first_pause=0.05, longest_pause=0.2, sign_in_pause=60)


def mail(number: int, size: int = 0) -> bytes:
    return (
        f"From: mara@customer.example\r\nSubject: {number}\r\nMessage-ID: <{number}@customer.example>\r\n\r\n"
        f"mail {number}\r\n{'x' * size}"
    ).encode()


def account(store: Dovecot, box: str, **settings: str) -> Account:
    return Account(
        name="support",
        channel="email",
        settings={
            "address": box,
            "imap_host": store.host,
            "imap_port": str(store.imap_port),
            "imap_security": "none",
            "imap_password": store.password,
            # Nothing in these tests may wait for it.
            "poll_seconds": "3600",
            **settings,
        },
    )


@asynccontextmanager
async def holding(account: Account, ledger: Ledger, pace: Pace = PACE) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(EmailChannel(pace).run(account, ledger))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=20)


def subjects(ledger: Ledger) -> list[str]:
    return [body.partition(b"Subject: ")[2].partition(b"\r")[0].decode() for body in ledger.bodies()]


async def test_new_mail_is_offered_as_soon_as_the_server_tells(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()

    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
        await asyncio.to_thread(mail_store.deliver, box, mail(1))
        [first] = await ledger.has(1)
        await asyncio.to_thread(mail_store.deliver, box, mail(2))
        await ledger.has(2)

    assert b"mail 1" in first.body
    assert not first.backfilled
    assert subjects(ledger) == ["1", "2"]


def test_mail_told_with_the_answer_to_a_command_is_not_waited_for(mail_store: Dovecot) -> None:
    box = mail_store.new_mailbox()
    settings = mailbox(account(mail_store, box))
    assert settings.imap is not None
    store = Store(settings, settings.imap)
    store.open()
    with closing(store):
        assert store.uids(1) == []
        mail_store.append(box, mail(1))
        # With the answer to this the server tells of the mail, so that IDLE has nothing new to tell.
        store.newest_arrival()
        # Longer than a test may last.
        store.idle(600)
        assert store.uids(1) == [1]


async def test_new_mail_is_found_by_polling_where_the_server_tells_nothing(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()

    async with holding(account(mail_store, box, poll_seconds="1"), ledger, Pace(idle=0.05)):
        await ledger.was("ok")
        await asyncio.to_thread(mail_store.append, box, mail(1))
        await ledger.has(1)


async def test_mail_is_offered_though_somebody_else_read_it_first(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()

    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
        await asyncio.to_thread(mail_store.append, box, mail(1), flags=[SEEN])
        await ledger.has(1)


async def test_reading_leaves_no_trace_in_the_mailbox(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()

    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
        await asyncio.to_thread(mail_store.append, box, mail(1))
        await ledger.has(1)

    with mail_store.signed_in(box) as other:
        other.select_folder("INBOX", readonly=True)
        assert other.search("UNSEEN") == [1]


async def test_what_lay_there_before_is_left_alone(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()
    mail_store.append(box, mail(1))

    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
        await asyncio.to_thread(mail_store.append, box, mail(2))
        await ledger.has(1)

    assert subjects(ledger) == ["2"]


async def test_history_is_brought_in_when_asked_for_and_marked(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()
    for number in range(3):
        mail_store.append(box, mail(number))

    async with holding(account(mail_store, box, history="yes"), ledger):
        await ledger.has(3)
        await asyncio.to_thread(mail_store.append, box, mail(3))
        items = await ledger.has(4)

    assert subjects(ledger) == ["0", "1", "2", "3"]
    assert [item.backfilled for item in items] == [True, True, True, False]


async def test_history_goes_on_where_it_was_interrupted(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()
    for number in range(4):
        mail_store.append(box, mail(number))
    ledger.before_commit = refuse_after(ledger, 2)

    async with holding(account(mail_store, box, history="yes"), ledger) as task:
        await asyncio.wait([task], timeout=20)
    ledger.before_commit = None
    async with holding(account(mail_store, box, history="yes"), ledger):
        items = await ledger.has(4)

    assert subjects(ledger) == ["0", "1", "2", "3"]
    assert all(item.backfilled for item in items)
    assert not ledger.offered_again


def refuse_after(ledger: Ledger, count: int) -> Callable[[], "asyncio.Future[None]"]:
    """The hub dies when it is about to commit one more than this many."""

    def commit() -> "asyncio.Future[None]":
        done = asyncio.get_running_loop().create_future()
        if len(ledger.items) >= count:
            done.set_exception(ConnectionError("the hub was killed"))
        else:
            done.set_result(None)
        return done

    return commit


async def test_mail_fetched_but_not_committed_is_offered_again_after_a_crash(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()
    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
    mail_store.append(box, mail(1))
    mail_store.append(box, mail(2))
    ledger.before_commit = refuse_after(ledger, 1)

    async with holding(account(mail_store, box), ledger) as crashed:
        await asyncio.wait([crashed], timeout=20)
        assert isinstance(crashed.exception(), ConnectionError)
    ledger.before_commit = None
    async with holding(account(mail_store, box), ledger):
        await ledger.has(2)

    assert subjects(ledger) == ["1", "2"]
    assert not ledger.offered_again


async def test_mail_that_came_while_nobody_looked_is_offered(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()
    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
    for number in range(5):
        mail_store.append(box, mail(number), flags=[SEEN])

    async with holding(account(mail_store, box), ledger):
        await ledger.has(5)

    assert subjects(ledger) == ["0", "1", "2", "3", "4"]


async def test_mail_deleted_before_it_is_fetched_stops_nothing(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()
    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
    for number in range(3):
        mail_store.append(box, mail(number))

    async def delete_the_second() -> None:
        ledger.before_unknown = None
        await asyncio.to_thread(expunge, mail_store, box, 2)

    ledger.before_unknown = delete_the_second
    async with holding(account(mail_store, box), ledger):
        await ledger.has(2)
        await asyncio.to_thread(mail_store.append, box, mail(3))
        await ledger.has(3)

    assert subjects(ledger) == ["0", "2", "3"]


def expunge(store: Dovecot, box: str, uid: int) -> None:
    with store.signed_in(box) as other:
        other.select_folder("INBOX")
        other.delete_messages([uid])
        other.expunge()


async def test_connection_that_is_cut_comes_back(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()

    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
        await asyncio.to_thread(mail_store.kick, box)
        await asyncio.to_thread(mail_store.append, box, mail(1))
        await ledger.has(1)
        await ledger.was("ok", times=2)

    assert subjects(ledger) == ["1"]


async def test_folder_numbered_anew_loses_nothing_and_doubles_nothing(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()
    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
        await asyncio.to_thread(mail_store.append, box, mail(1))
        await ledger.has(1)
    mail_store.append(box, mail(2))
    mail_store.forget_uids(box)

    async with holding(account(mail_store, box), ledger):
        items = await ledger.has(3)

    channel = EmailChannel()
    read = [item for each in items for item in channel.parse(account(mail_store, box), each.body, each.headers)]
    ids = [item.external_id for item in read]
    assert subjects(ledger) == ["1", "1", "2"]
    assert len({item.provider_id.partition(":")[0] for item in items}) == 2
    assert ids[0] == ids[1] != ids[2]


async def test_gap_that_is_filled_late_is_found(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()
    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
        for number in range(1, 5):
            await asyncio.to_thread(mail_store.append, box, mail(number))
        await ledger.has(4)
    late = list(ledger.items)[1]
    del ledger.items[late]

    async with holding(account(mail_store, box), ledger):
        await ledger.has(4)

    assert list(ledger.items)[-1] == late


async def test_mail_over_the_limit_is_offered_by_its_head(mail_store: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.channels.email.imap.MAX_MAIL", 10_000)
    box, ledger = mail_store.new_mailbox(), Ledger()

    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
        await asyncio.to_thread(mail_store.append, box, mail(1, size=20_000))
        [item] = await ledger.has(1)

    assert int(item.headers["x-too-large"]) > 20_000
    assert item.body.endswith(b"\r\n\r\n")
    assert subjects(ledger) == ["1"]


async def test_large_mail_is_fetched_whole(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()
    raw = mail(1, size=2_500_000)

    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
        await asyncio.to_thread(mail_store.append, box, raw)
        [item] = await ledger.has(1)

    assert item.body == raw


async def test_mail_the_server_cannot_hand_out_stops_nothing(mail_store: Dovecot) -> None:
    box, ledger = mail_store.new_mailbox(), Ledger()
    async with holding(account(mail_store, box), ledger):
        await ledger.was("ok")
    for number in range(3):
        mail_store.append(box, mail(number))
    spoiled = spoil(mail_store, box, 1)

    async with holding(account(mail_store, box), ledger):
        await ledger.until(lambda: any("cannot be fetched" in reason for _, reason in ledger.states))
        await ledger.has(2)
    spoiled.chmod(0o600)
    async with holding(account(mail_store, box), ledger):
        await ledger.has(3)

    assert subjects(ledger) == ["0", "2", "1"]


def spoil(store: Dovecot, box: str, number: int) -> Path:
    """A mail that is there and cannot be read, as after a disk fault."""
    files = [path for path in (store.folder / "mail" / box).glob("*/*") if path.is_file()]
    [path] = [path for path in files if f"mail {number}\n".encode() in path.read_bytes()]
    path.chmod(0)
    return path


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_mailbox_is_held_over_an_encrypted_connection(security: str) -> None:
    ledger = Ledger()

    with dovecot(tls=True) as store:
        assert store.certificate is not None
        box = store.new_mailbox()
        port = store.imaps_port if security == "tls" else store.imap_port
        trusting = account(
            store, box, imap_security=security, imap_port=str(port), ca_file=str(store.certificate.chain)
        )
        distrusting = account(store, box, imap_security=security, imap_port=str(port))
        async with holding(trusting, ledger):
            await ledger.was("ok")
            await asyncio.to_thread(store.append, box, mail(1))
            await ledger.has(1)
        refused = await EmailChannel().test(distrusting)

    assert "certificate" in refused[1].remedy


async def test_three_refused_sign_ins_are_enough(mail_store: Dovecot) -> None:
    ledger = Ledger()
    wrong = account(mail_store, mail_store.new_mailbox(), imap_password="wrong")

    async with holding(wrong, ledger):
        await ledger.was("failing", times=3)
        with pytest.raises(TimeoutError):
            await ledger.until(lambda: len(ledger.states) > 6, within=0.5)

    assert "password" in ledger.states[-1][1]


async def test_server_that_does_not_answer_is_tried_again_and_told(mail_store: Dovecot) -> None:
    ledger = Ledger()
    nobody_there = account(mail_store, mail_store.new_mailbox(), imap_port=str(free_port()))

    async with holding(nobody_there, ledger):
        await ledger.was("connecting", times=4)

    assert ("failing", f"The mail server {mail_store.host} does not answer.") in ledger.states


async def test_account_without_a_server_to_read_from_ends_at_once(mail_store: Dovecot) -> None:
    sending_only = account(mail_store, mail_store.new_mailbox(), imap_host="")

    await asyncio.wait_for(EmailChannel().run(sending_only, Ledger()), 5)


async def test_unencrypted_is_for_this_computer_only(mail_store: Dovecot) -> None:
    afar = account(mail_store, mail_store.new_mailbox(), imap_host="imap.shop.example")

    with pytest.raises(Misconfigured, match="this computer only"):
        await EmailChannel().run(afar, Ledger())


@pytest.mark.timeout(15)
async def test_stopping_does_not_wait_for_the_server(mail_store: Dovecot) -> None:
    ledger = Ledger()
    loop = asyncio.get_running_loop()

    async with holding(account(mail_store, mail_store.new_mailbox()), ledger) as task:
        await ledger.was("ok")
        started = loop.time()
        task.cancel()
        await asyncio.wait([task], timeout=10)

    assert task.cancelled()
    assert loop.time() - started < 3


async def test_what_is_offered_is_read_in_a_child_process(mail_store: Dovecot) -> None:
    box, ledger, channel = mail_store.new_mailbox(), Ledger(), EmailChannel()
    ours = account(mail_store, box)
    async with holding(ours, ledger):
        await ledger.was("ok")
        await asyncio.to_thread(mail_store.deliver, box, mail(1))
        [item] = await ledger.has(1)

    [message] = await channel.read(ours, item.body, item.headers)

    assert isinstance(message, InboundMessage)
    assert message.text.splitlines()[0] == "mail 1"
    with pytest.raises(Unreadable):
        await channel.read(ours, b"", {})


async def test_test_of_the_account_tells_what_is_wrong(mail_store: Dovecot) -> None:
    box = mail_store.new_mailbox()

    good = await EmailChannel().test(account(mail_store, box))
    bad = await EmailChannel().test(account(mail_store, box, imap_password="wrong"))
    unset = await EmailChannel().test(account(mail_store, box, poll_seconds="often"))

    assert [probe.ok for probe in good] == [True, True]
    assert [probe.ok for probe in bad] == [True, False]
    assert "password" in bad[1].remedy
    assert "poll_seconds" in unset[0].remedy
