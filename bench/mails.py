"""Mails as customers write them: some in plain text, some with HTML, some answering, a few with a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bench.words import Speaker

MAILBOX = "support@bench.example"
_SENDERS = 120
_BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
_FILE_BYTES = 12_000


def mails(count: int, run: str) -> Iterator[bytes]:
    """So many mails; those of another `run` are others."""
    speaker = Speaker(11)
    first_of: dict[int, str] = {}
    for number in range(count):
        sender = speaker.random.randrange(_SENDERS)
        name = f"<{run}-{number}@customers.example>"
        mail = _mail(speaker, sender, number, name)
        if sender in first_of and speaker.random.random() < 0.5:
            mail["In-Reply-To"] = mail["References"] = first_of[sender]
        first_of.setdefault(sender, name)
        yield mail.as_bytes(policy=SMTP)


def _mail(speaker: Speaker, sender: int, number: int, name: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Customer {sender} <mail{sender}@customers.example>"
    mail["To"] = MAILBOX
    mail["Subject"] = speaker.sentence(2, 6).capitalize()
    mail["Date"] = format_datetime(_BEGIN + timedelta(minutes=number))
    mail["Message-ID"] = name
    text = "\n\n".join(speaker.sentence(20, 60) for _ in range(6))
    mail.set_content(text)
    if number % 2:
        mail.add_alternative("".join(f"<p>{part}</p>" for part in text.split("\n\n")), subtype="html")
    if number % 10 == 0:
        file = speaker.random.randbytes(_FILE_BYTES)
        mail.add_attachment(file, maintype="application", subtype="pdf", filename=f"invoice-{number}.pdf")
    return mail
