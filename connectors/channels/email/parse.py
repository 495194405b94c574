"""A raw mail to what it means to the hub: a message, news about one of ours, or nothing for a conversation."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from email.policy import Compat32
from typing import Any

from connectors.channels.email import authentication, bodies, bounces, quotes, tokens
from connectors.channels.email.addresses import Mailbox as Person
from connectors.channels.email.addresses import mailboxes, same
from connectors.channels.email.automatic import LOOP_FIELD, forbids_answer, is_automatic
from connectors.channels.email.headers import Headers
from connectors.channels.email.settings import Mailbox
from hub.ports.errors import Unreadable
from hub.ports.message import Address, Ignored, InboundMessage, Item

MAX_MAIL = 50 * 1024 * 1024
MAX_HEADERS = 1024 * 1024

# Set by whoever fetched the mail.
TOO_LARGE = "x-too-large"
UNFETCHABLE = "x-unfetchable"
ARRIVED = "x-arrived"
BACKFILLED = "x-backfilled"

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_FIELD = re.compile(rb"^[!-9;-~]{1,100}[ \t]*:")
_ENVELOPE = re.compile(rb"^>?From [^\r\n]*\r?\n")
_SPACES = re.compile(rb"[ \t]+")
_KNOWN_AS = ("message-id", "x-microsoft-original-message-id", "x-original-message-id", "x-google-original-message-id")


def parse(mailbox: Mailbox, raw: bytes, notes: Mapping[str, str]) -> Sequence[Item]:
    """Read a mail. `notes` is what the fetcher knew of it. Pure. Raises `Unreadable`."""
    if UNFETCHABLE in notes or not raw.strip():
        raise Unreadable("The mail server could not hand out this mail.", code=notes.get(UNFETCHABLE, ""))
    try:
        return _read(mailbox, raw, notes)
    except RecursionError:
        raise Unreadable("The mail's parts are nested too deep to be read.") from None


def _read(mailbox: Mailbox, raw: bytes, notes: Mapping[str, str]) -> Sequence[Item]:
    mail = Mail(mailbox, raw, notes)
    if mail.is_our_own():
        return (Ignored(external_id=mail.external_id, reason="It is our own mail coming back."),)
    reports = bounces.read(mail.root, mail.headers, mail.external_id, mail.raw)
    return reports or (mail.message(),)


class Mail:
    """One mail, taken apart."""

    def __init__(self, mailbox: Mailbox, raw: bytes, notes: Mapping[str, str]) -> None:
        self.mailbox = mailbox
        self.notes = notes
        self.size = int(notes.get(TOO_LARGE, "0") or 0) or (len(raw) if len(raw) > MAX_MAIL else 0)
        self.raw = without_leading_junk(raw[:MAX_HEADERS] if self.size else raw)
        self.root = tree(self.raw)
        self.headers = headers_of(self.root)
        self.body_hash = body_hash(b"" if self.size else self.raw)
        self.own_ids = self.headers.ids(*_KNOWN_AS) or [f"{hashlib.sha256(raw).hexdigest()}@missing.invalid"]
        self.external_id = f"{self.own_ids[0]}#{self.body_hash[:16]}"
        self.senders = mailboxes(self.headers, "from")
        self.reply_to = next(iter(mailboxes(self.headers, "reply-to")), Person("", ""))

    def is_our_own(self) -> bool:
        """Whether it is what we sent ourselves: our address in From, with our mark or our id, or nobody to answer."""
        if not self.senders or not self._is_ours(self.senders[0].address):
            return False
        marked = LOOP_FIELD.lower() in self.headers or bool(tokens.OUR_ID.match(f"<{self.own_ids[0]}>"))
        return marked or not self.reply_to.address or self._is_ours(self.reply_to.address)

    def _is_ours(self, address: str) -> bool:
        return any(same(address, ours) for ours in self.mailbox.own)

    def sender(self) -> tuple[Person, str]:
        """Who wrote it, and the field that says so."""
        if self.senders and not self._is_ours(self.senders[0].address):
            return self.senders[0], "from"
        # A form on the shop's own site: it writes as us, the customer is whom the answer goes to.
        for field in ("reply-to", "sender", "x-original-from", "return-path"):
            for person in mailboxes(self.headers, field):
                if not self._is_ours(person.address):
                    return person, field
        raise Unreadable("The mail names no sender.")

    def message(self) -> InboundMessage:
        """The mail as a message."""
        person, field = self.sender()
        contents = bodies.Contents() if self.size else bodies.read(self.root)
        subject = self.headers.text("subject")
        thread_ids = thread_ids_of(self.headers)
        verdict = authentication.judge(self.headers, self.mailbox.authserv_id, person.address)
        proven = bool(verdict.method) and field == "from" and len(self.senders) == 1
        return InboundMessage(
            external_id=self.external_id,
            sender=Address(kind="email", address=person.address, name=person.name),
            text=contents.text,
            html=contents.html,
            subject=subject,
            sent_at=self._sent_at(),
            proof="signed" if proven else None,
            proof_method=verdict.method if proven else "",
            failed_proof=verdict.failed,
            reply_tokens=tuple(tokens.found_in(self.headers, thread_ids)),
            thread_ids=tuple(thread_ids),
            own_ids=tuple(self.own_ids),
            body_hash=self.body_hash,
            quoted_from=quoted_from(contents, subject, bool(thread_ids)),
            automatic=is_automatic(self.headers),
            backfilled=self.notes.get(BACKFILLED) == "yes",
            reply_to=self.reply_to.address if not same(self.reply_to.address, person.address) else "",
            to=tuple(each.address for each in mailboxes(self.headers, "to")),
            cc=tuple(each.address for each in mailboxes(self.headers, "cc")),
            attachments=tuple(contents.attachments),
            details=contents.details | self._details(person, field, subject, contents.text),
        )

    def _sent_at(self) -> datetime | None:
        """The sender's own time where it can be true, else when our server took it in."""
        sent = self.headers.date("date")
        try:
            arrived = datetime.fromisoformat(self.notes.get(ARRIVED, ""))
        except ValueError:
            arrived = None
        if sent is None or sent < _EARLIEST or (arrived is not None and sent > arrived + _AHEAD):
            return arrived
        return sent

    def _details(self, person: Person, field: str, subject: str, text: str) -> dict[str, Any]:
        """Peculiarities a colleague or a rule should know; only those that are there."""
        declared = next(iter(mailboxes(self.headers, "sender")), Person("", ""))
        forwarder = next(iter(mailboxes(self.headers, "resent-from")), Person("", ""))
        told: dict[str, Any] = {
            "too_large": self.size,
            "list_id": self.headers.text("list-id"),
            "no_auto_reply": forbids_answer(self.headers, person.address),
            "sender_differs": declared.address if not same(declared.address, person.address) else "",
            "sender_from": field if field != "from" else "",
            "sender_ambiguous": len(self.senders) > 1,
            "forward": quotes.forwards(subject, text),
            "forwarded_by": forwarder.address,
        }
        return {name: value for name, value in told.items() if value}


def tree(raw: bytes) -> bodies.Part:
    """The mail's parts; the standard library's parser takes anything."""
    parser: BytesParser[bodies.Part] = BytesParser(bodies.Part, policy=Compat32())
    return parser.parsebytes(raw)


def headers_of(root: bodies.Part) -> Headers:
    """The mail's own fields, raw 8-bit bytes in them read as the body is."""
    fields = root.fields()
    declared = root.content().params.get("charset", "")
    inner = (each.content().params.get("charset", "") for each in bodies.children(root))
    return Headers(fields.fields, declared or next((each for each in inner if each), ""))


def without_leading_junk(raw: bytes) -> bytes:
    """Drop blank, envelope and stray lines before the first field; the parser would take all for the body."""
    rest = raw
    for _ in range(20):
        if _FIELD.match(rest):
            return rest
        _, newline, after = rest.partition(b"\n")
        if not newline or (rest[:1] in b" \t" and rest.strip() and _FIELD.match(rest.lstrip())):
            return rest.lstrip()
        rest = after
    return _ENVELOPE.sub(b"", raw)


def body_hash(raw: bytes) -> str:
    """A hash of the body that survives what servers may do to it on the way: white space, empty lines at the end."""
    raw = raw.replace(b"\r\n", b"\n")
    body = raw.partition(b"\n\n")[2]
    if b"  " in body or b"\t" in body:
        body = _SPACES.sub(b" ", body)
    return hashlib.sha256(b"\n".join(map(bytes.rstrip, body.rstrip().split(b"\n")))).hexdigest()


def thread_ids_of(headers: Headers) -> list[str]:
    """Ids of what it answers, likeliest first: In-Reply-To, then References from the last to the first."""
    return list(dict.fromkeys([*headers.ids("in-reply-to"), *reversed(headers.ids("references"))]))


def quoted_from(contents: bodies.Contents, subject: str, threaded: bool) -> int | None:
    """A first mail and a forward quote nothing that we know already."""
    if quotes.forwards(subject, contents.text) or not (threaded or quotes.answers(subject)):
        return None
    if contents.quoted_from is not None:
        return contents.quoted_from
    return quotes.start_of_quote(contents.text)
