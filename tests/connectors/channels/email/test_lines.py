"""A line to the mail server carries one mail after the other, and one that is no longer well costs no mail."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from connectors.channels.email import EmailChannel
from connectors.channels.email.lines import Keep
from hub.ports.errors import RateLimited, Rejected, Uncertain
from tests.connectors.channels.email.test_smtp import MARA, account, part
from tests.parts.smtp import MailServer, mail_server


@pytest.fixture(name="channel")
async def make_channel() -> AsyncIterator[EmailChannel]:
    channel = EmailChannel(keep=Keep(mails=5))
    yield channel
    await channel.stop()


async def test_mails_of_an_account_go_over_one_line(outgoing_mail: MailServer, channel: EmailChannel) -> None:
    for _ in range(4):
        await channel.send(account(outgoing_mail.port), part())

    assert (len(outgoing_mail.mails), outgoing_mail.connections) == (4, 1)


async def test_a_line_takes_only_so_many_mails(outgoing_mail: MailServer, channel: EmailChannel) -> None:
    for _ in range(11):
        await channel.send(account(outgoing_mail.port), part())

    assert (len(outgoing_mail.mails), outgoing_mail.connections) == (11, 3)


async def test_mails_at_once_have_a_line_each_and_both_are_kept(
    outgoing_mail: MailServer, channel: EmailChannel
) -> None:
    for _ in range(2):
        await asyncio.gather(*(channel.send(account(outgoing_mail.port), part()) for _ in range(2)))

    assert (len(outgoing_mail.mails), outgoing_mail.connections) == (4, 2)


async def test_a_line_that_the_server_cut_costs_no_mail(outgoing_mail: MailServer, channel: EmailChannel) -> None:
    await channel.send(account(outgoing_mail.port), part())
    outgoing_mail.hang_up()

    await channel.send(account(outgoing_mail.port), part())

    assert (len(outgoing_mail.mails), outgoing_mail.connections) == (2, 2)


async def test_a_line_that_lies_still_is_let_go(outgoing_mail: MailServer) -> None:
    channel = EmailChannel(keep=Keep(idle=0))
    await channel.send(account(outgoing_mail.port), part())
    its_time = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, its_time.set)

    await its_time.wait()
    await channel.send(account(outgoing_mail.port), part())

    assert outgoing_mail.connections == 2
    await channel.stop()


async def test_the_mail_after_a_refused_one_is_untouched_by_it(
    outgoing_mail: MailServer, channel: EmailChannel
) -> None:
    outgoing_mail.refuse(MARA, "550 5.1.1 No such mailbox")
    with pytest.raises(Rejected):
        await channel.send(account(outgoing_mail.port), part())

    await channel.send(account(outgoing_mail.port), part("ali@customer.example"))

    [mail] = outgoing_mail.mails
    assert mail.recipients == ("ali@customer.example",)
    assert outgoing_mail.connections == 1


async def test_who_asks_to_wait_is_not_held(outgoing_mail: MailServer, channel: EmailChannel) -> None:
    outgoing_mail.refuse(MARA, "421 4.7.0 Too many mails")
    with pytest.raises(RateLimited):
        await channel.send(account(outgoing_mail.port), part())
    outgoing_mail.accept(MARA)

    await channel.send(account(outgoing_mail.port), part())

    assert (len(outgoing_mail.mails), outgoing_mail.connections) == (1, 2)


async def test_a_line_that_breaks_over_a_mail_is_uncertain_and_gone(
    outgoing_mail: MailServer, channel: EmailChannel
) -> None:
    await channel.send(account(outgoing_mail.port), part())
    outgoing_mail.hang_up_after_mails()
    with pytest.raises(Uncertain):
        await channel.send(account(outgoing_mail.port), part())
    outgoing_mail.hang_up_after_mails(silent=False)

    await channel.send(account(outgoing_mail.port), part())

    assert (len(outgoing_mail.mails), outgoing_mail.connections) == (3, 2)


async def test_other_settings_are_another_line(channel: EmailChannel) -> None:
    async with mail_server(passwords={"support": "old", "sales": "other"}) as server:
        for name, password in (("support", "old"), ("sales", "other"), ("support", "old")):
            await channel.send(account(server.port, smtp_username=name, smtp_password=password), part())
        await channel.stop()

        assert [mail.signed_in_as for mail in server.mails] == ["support", "sales", "support"]
        assert server.connections == 2
