"""What we write reads back as what we meant, in our own parser and by the rules of mail."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from connectors.channels.email import EmailChannel
from connectors.channels.email.compose import compose, id_of, recipients, sender_of
from connectors.channels.email.settings import mailbox
from hub.ports.channel import Account
from hub.ports.errors import Rejected
from hub.ports.message import Address, AttachmentOut, InboundMessage, OutboundMessage, Quoted

SETTINGS = {"address": "support@shop.example", "name": "Shop", "plus_addressing": "yes"}
OURS = mailbox(Account(name="support", channel="email", settings=SETTINGS))
# As the customer's own mail program would see it.
THEIRS = Account(name="them", channel="email", settings={"address": "mara@customer.example"})
QUOTED = Quoted(
    author="Mara", at=datetime(2026, 11, 2, 10, 0, tzinfo=UTC), text="Where is it?\n\nOn 1 Nov 2026, Jo wrote:\n> Sent."
)


def outbound(text: str = "It is on its way.\n\nJo", **more: Any) -> OutboundMessage:
    fields: dict[str, Any] = {
        "key": "k1",
        "to": Address(kind="email", address="mara@customer.example", name="Mara Lindt"),
        "text": text,
        "subject": "Where is my parcel?",
        "author": "Jo",
        "reply_token": "k3j5x7",
        "in_reply_to": "plain-1@customer.example",
        "references": ("first@customer.example",),
    }
    return OutboundMessage(**(fields | more))


def written(message: OutboundMessage) -> EmailMessage:
    return message_from_bytes(compose(OURS, message), policy=SMTP)


def read_back(message: OutboundMessage) -> InboundMessage:
    [item] = EmailChannel().parse(THEIRS, compose(OURS, message), {})
    assert isinstance(item, InboundMessage)
    return item


def test_mail_reads_back_as_it_was_meant() -> None:
    file = AttachmentOut(filename="Rechnung N° 1.pdf", content_type="application/pdf", data=b"%PDF-1.4\x00\xff")

    found = read_back(outbound("Grüße – 谢谢\n\n  indented\n.dot", attachments=(file,)))

    assert found.text == "Grüße – 谢谢\n\n  indented\n.dot"
    assert [(each.filename, each.content_type, each.data) for each in found.attachments] == [
        (file.filename, file.content_type, file.data)
    ]
    assert found.sender == Address(kind="email", address="support@shop.example", name="Jo (Shop)")
    assert found.subject == "Re: Where is my parcel?"
    assert found.own_ids == ("ot.k3j5x7@shop.example",)
    assert found.thread_ids == ("plain-1@customer.example", "first@customer.example")
    assert found.reply_to == ""


def test_answer_to_our_mail_brings_the_token_back() -> None:
    sent = written(outbound())
    answer = (
        f"From: mara@customer.example\r\nTo: {sent['Reply-To']}\r\nSubject: Re: x\r\n"
        f"In-Reply-To: {sent['Message-ID']}\r\n\r\nThanks"
    )

    account = Account(name="support", channel="email", settings=SETTINGS)
    [item] = EmailChannel().parse(account, answer.encode(), {})

    assert isinstance(item, InboundMessage)
    assert item.reply_tokens == ("k3j5x7",)


def test_ids_are_the_same_at_every_try() -> None:
    assert id_of(OURS, outbound()) == id_of(OURS, outbound()) == "ot.k3j5x7@shop.example"
    assert id_of(OURS, outbound(reply_token="")) == id_of(OURS, outbound(reply_token=""))
    assert id_of(OURS, outbound(reply_token="")) != id_of(OURS, outbound(reply_token="", key="k2"))


def test_long_ids_are_never_broken() -> None:
    long = [f"{'x' * 120}{number}@customer.example" for number in range(60)]

    raw = compose(OURS, outbound(references=tuple(long), in_reply_to=long[-1]))
    found = read_back(outbound(references=tuple(long), in_reply_to=long[-1]))

    assert found.thread_ids == (*reversed(long[-20:]), long[0])
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_text_and_page_say_the_same() -> None:
    mail = written(outbound("One\ntwo\n\n<three> & four", quoted=QUOTED, disown_url="https://shop.example/n?a=1&b=2"))

    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))

    assert mail.get_content_type() == "multipart/alternative"
    assert plain is not None
    assert page is not None
    assert "<p>One<br>\ntwo</p>" in page.get_content().replace("\r\n", "\n")
    assert "&lt;three&gt; &amp; four" in page.get_content()
    assert "https://shop.example/n?a=1&b=2" in plain.get_content()
    assert 'href="https://shop.example/n?a=1&amp;b=2"' in page.get_content()


def test_last_message_is_quoted_under_our_line_without_what_it_quoted() -> None:
    found = read_back(outbound(quoted=QUOTED, language="de"))

    assert found.text.endswith(
        "##- Bitte antworten Sie oberhalb dieser Zeile -##\nAm 2026-11-02 10:00 schrieb Mara:\n> Where is it?"
    )
    assert found.quoted_from == found.text.index("##-")


def test_mail_nobody_wrote_says_so() -> None:
    answer, notice, human = (
        written(outbound(automatic=True)),
        written(outbound(automatic=True, in_reply_to="")),
        written(outbound()),
    )

    assert (answer["Auto-Submitted"], notice["Auto-Submitted"]) == ("auto-replied", "auto-generated")
    assert answer["X-Auto-Response-Suppress"] == "All"
    assert human["Auto-Submitted"] is None
    assert notice["Subject"] == "Where is my parcel?"


def test_subject_is_not_answered_twice() -> None:
    assert written(outbound(subject="Re: AW: RE: Parcel"))["Subject"] == "Re: Parcel"


def test_our_own_mail_is_known_when_it_comes_back() -> None:
    account = Account(name="support", channel="email", settings=SETTINGS)

    [item] = EmailChannel().parse(account, compose(OURS, outbound()), {})

    assert type(item).__name__ == "Ignored"


def test_copies_are_in_the_envelope_once() -> None:
    message = outbound(cc=("Ali@customer.example", "mara@customer.example"))

    assert recipients(message) == ["mara@customer.example", "Ali@customer.example"]
    assert written(message)["Cc"] == "Ali@customer.example, mara@customer.example"


def test_domain_in_any_script_is_written_as_servers_know_it() -> None:
    message = outbound(to=Address(kind="email", address="mara@bücher.example"))

    assert recipients(message) == ["mara@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "Hello\r\nBcc: everybody@evil.example"},
        {"subject": "Hello\nX: y"},
        {"subject": "Hello\x00"},
        {"subject": "Hello\u2028X: y"},
        {"author": "Jo\r\nBcc: x@evil.example"},
        {"to": Address(kind="email", address="mara@customer.example\r\nRCPT TO:<x@evil.example>")},
        {"to": Address(kind="email", address="mara@customer.example, x@evil.example")},
        {"to": Address(kind="email", address="mara@customer.example", name="Mara\r\nBcc: x@evil.example")},
        {"to": Address(kind="email", address="nobody")},
        {"to": Address(kind="email", address="mära@customer.example")},
        {"cc": ("x@evil.example>\r\nDATA",)},
        {"language": "en\r\nBcc: x@evil.example"},
        {"reply_token": "a b@c"},
        {"attachments": (AttachmentOut(filename="a\r\nX: y", content_type="text/plain", data=b""),)},
        {"attachments": (AttachmentOut(filename="big", content_type="text/plain", data=bytes(21 * 1024 * 1024)),)},
    ],
)
def test_what_would_start_another_field_or_is_too_large_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        compose(OURS, outbound(**wrong))


def test_broken_id_of_a_customer_is_left_out() -> None:
    mail = written(outbound(in_reply_to="x y\r\nBcc: z", references=("ok@x.example", "ünfit@x", "<also@ok>")))

    assert mail["In-Reply-To"] is None
    assert mail["References"].split() == ["<ok@x.example>", "<also@ok>"]
    assert mail["Bcc"] is None


ALIASED = mailbox(
    Account(name="support", channel="email", settings={**SETTINGS, "aliases": "Help@Shop.example, b@b.example"})
)


@pytest.mark.parametrize(
    ("written_to", "sender"),
    [
        ((), "support@shop.example"),
        (("help@shop.example",), "Help@Shop.example"),
        (("friend@x.example", "B@B.EXAMPLE"), "b@b.example"),
        (("help@shop.example", "support@shop.example"), "support@shop.example"),
        (("somebody@else.example",), "support@shop.example"),
    ],
)
def test_who_wrote_to_another_address_of_ours_is_answered_from_there(written_to: tuple[str, ...], sender: str) -> None:
    message = outbound(written_to=written_to)

    mail = message_from_bytes(compose(ALIASED, message), policy=SMTP)

    assert mail["From"].addresses[0].addr_spec == sender_of(ALIASED, message) == sender
    assert mail["Message-ID"] == "<ot.k3j5x7@shop.example>"
    assert "support+ot." in mail["Reply-To"]
