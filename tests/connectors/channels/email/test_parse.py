"""Each sample mail gives what the file beside it says, and no mail in the world stops the mailbox."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.channels.email import EmailChannel
from hub.ports.channel import Account
from hub.ports.errors import Unreadable
from hub.ports.message import Ignored, InboundMessage, Item, Receipt

SAMPLES = Path(__file__).parents[2] / "samples" / "email"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.eml"))
ACCOUNT = Account(
    name="support",
    channel="email",
    label="Shop",
    settings={"address": "support@shop.example", "aliases": "hello@shop.example", "authserv_id": "mx.shop.example"},
)


def parse(raw: bytes, notes: dict[str, str] | None = None) -> Sequence[Item]:
    return EmailChannel().parse(ACCOUNT, raw, notes or {})


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


def message(raw: bytes, notes: dict[str, str] | None = None) -> InboundMessage:
    [item] = parse(raw, notes)
    assert isinstance(item, InboundMessage)
    return item


def as_expected(item: Item) -> dict[str, Any]:
    """What differs from an empty item, as the files of expectations have it."""
    builtins = msgspec.to_builtins(item, builtin_types=(bytes,))
    empty = {field.name: field.default for field in msgspec.structs.fields(item)}
    told = {name: value for name, value in builtins.items() if value not in (empty[name], [], {}, ())}
    for attachment in told.get("attachments", []):
        attachment["data"] = base64.b64encode(attachment["data"]).decode()
    return {"item": type(item).__name__, **json.loads(json.dumps(told))}


@pytest.mark.parametrize("name", NAMES)
def test_sample_is_read_as_expected(name: str) -> None:
    expected = json.loads((SAMPLES / f"{name}.json").read_text())

    assert [as_expected(item) for item in parse(sample(name))] == expected


@pytest.mark.parametrize("name", NAMES)
def test_reading_again_gives_the_same(name: str) -> None:
    assert parse(sample(name)) == parse(sample(name))


@pytest.mark.parametrize("name", NAMES)
def test_quote_starts_inside_the_text_and_leaves_words_before_it(name: str) -> None:
    for item in parse(sample(name)):
        if isinstance(item, InboundMessage) and item.quoted_from is not None:
            assert item.text[: item.quoted_from].strip()


def test_every_way_of_not_being_a_message_has_a_sample() -> None:
    kinds = {type(item) for name in NAMES for item in parse(sample(name))}

    assert kinds == {InboundMessage, Receipt, Ignored}


def test_same_id_with_other_words_is_another_mail() -> None:
    one, other = sample("plain"), sample("plain").replace(b"10042", b"10043")

    assert message(one).external_id != message(other).external_id


def test_same_mail_through_two_servers_has_the_same_hash() -> None:
    raw = sample("plain")
    rewrapped = b"Received: from b\r\n" + raw.replace(b"\r\n", b"\n") + b"\n\n"

    assert message(raw).external_id == message(rewrapped).external_id


def test_time_that_cannot_be_gives_way_to_the_servers() -> None:
    arrived = "2026-11-02T10:00:02+00:00"

    ahead = sample("plain").replace(b"02 Nov 2026 11:00:00", b"02 Nov 2036 11:00:00")

    for raw in (ahead, sample("no-message-id-and-bad-date")):
        found = message(raw, {"x-arrived": arrived}).sent_at
        assert found is not None
        assert found.isoformat() == arrived


def test_mail_over_the_limit_is_its_head() -> None:
    head = sample("plain").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    found = message(head, {"x-too-large": "90000000"})

    assert (found.sender.address, found.subject, found.text) == ("mara@customer.example", "Where is my parcel?", "")
    assert found.details["too_large"] == 90000000


def test_mail_nobody_could_fetch_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="could not hand out"):
        parse(b"", {"x-unfetchable": "NO internal error"})


def test_our_token_is_found_behind_the_plus_even_when_the_ids_are_rewritten() -> None:
    found = message(sample("reply-with-token-in-plus-address"))

    assert found.reply_tokens == ("k3j5x7", "m9n2p4")


def test_results_of_another_server_prove_nothing() -> None:
    raw = sample("proven-by-dmarc")
    foreign = raw.replace(b"mx.shop.example (amavis)", b"mx.evil.example")

    assert message(raw).proof == "signed"
    assert message(foreign).proof is None


@pytest.mark.parametrize(
    ("results", "proof"),
    [
        ("dkim=pass header.d=customer.example", "signed"),
        ("dkim=pass header.d=example", None),
        ("dkim=pass header.d=evil.example", None),
        ("dkim=pass header.d=x.customer.example", None),
        ("dkim=fail header.d=customer.example", None),
        ('dkim=pass reason="header.d=customer.example" header.d=evil.example', None),
        ("dkim=pass (header.d=customer.example) header.d=evil.example", None),
        ("dmarc=pass header.from=evil.example", None),
        ("dmarc=none header.from=customer.example", None),
        ("spf=pass smtp.mailfrom=customer.example", None),
        ("none", None),
    ],
)
def test_sender_is_proven_only_by_an_aligned_result(results: str, proof: str | None) -> None:
    raw = f"Authentication-Results: mx.shop.example; {results}\r\n".encode() + sample("plain")

    assert message(raw).proof == proof


@pytest.mark.timeout(60)
@given(st.binary(max_size=300), st.sampled_from(NAMES), st.integers(0, 4000), st.integers(0, 200))
@settings(deadline=None, max_examples=300)
def test_no_damage_to_a_mail_is_more_than_unreadable(junk: bytes, name: str, place: int, cut: int) -> None:
    raw = sample(name)
    place = min(place, len(raw))

    try:
        items = parse(raw[:place] + junk + raw[place + cut :])
    except Unreadable:
        return

    msgspec.msgpack.encode(items)


HOSTILE = {
    "parameters": b"Content-Type: text/plain" + b';a="' * 8000,
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 4000,
    "words without end": b"Subject: " + b"=?a?q?" * 10000,
    "comments": b"Cc: " + b'("' * 20000,
    "quotes": b"Cc: " + b'"' * 30001,
    "ids": b"References: " + b"<" * 60000,
    "dates": b"Date: " + b"9:" * 30000,
    "fields": b"\r\n".join([b"X: y"] * 100_000),
    "nested mails": b"Content-Type: message/rfc822\r\n\r\n" * 3000,
    "parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nhi\r\n" * 20_000,
    "deep page": b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"words",
    "quoted lines": b"In-Reply-To: <a@b>\r\n\r\nx\r\n" + b">\r\n" * 500_000,
    "attributions": b"In-Reply-To: <a@b>\r\n\r\nx\r\n" + b"On 1 @ a\r\n" * 100_000,
    "flowed": b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \r\n" * 300_000,
    "spaces": b"\r\n" + b" " * 5_000_000,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_takes_seconds_at_most(name: str) -> None:
    try:
        found = message(b"From: mara@customer.example\r\n" + HOSTILE[name] + b"\r\n\r\nhi")
    except Unreadable:
        return

    assert found.sender.address == "mara@customer.example"
