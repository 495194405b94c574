"""Mails as the story's people send them: first ones, and answers in the thread that quote what they answer."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid

from demo.pictures import file_named
from demo.script import Mail, Person

MAILBOX = "support@feldweg.example"
GATE = "mx.feldweg.example"

_INLINE = "picture@mail.example"

# How mail programmes introduce what they quote.
_WROTE = {
    "da": "Den {day} skrev Feldweg <{mailbox}>:",
    "de": "Am {day} schrieb Feldweg <{mailbox}>:",
    "en": "On {day}, Feldweg <{mailbox}> wrote:",
    "es": "El {day}, Feldweg <{mailbox}> escribió:",
    "fr": "Le {day}, Feldweg <{mailbox}> a écrit :",
    "it": "Il giorno {day} Feldweg <{mailbox}> ha scritto:",
    "nl": "Op {day} schreef Feldweg <{mailbox}>:",
    "pl": "W dniu {day} Feldweg <{mailbox}> napisał:",
    "sv": "Den {day} skrev Feldweg <{mailbox}>:",
}


def mail_of(person: Person, step: Mail, sent: datetime, letter: EmailMessage | None) -> EmailMessage:
    """The mail of a step; `letter` is what they last got from us."""
    sender = step.sender or formataddr((person.name, person.email))
    if step.answers and letter is not None:
        mail = answer(letter, sender, step.text, sent, person.language)
    else:
        mail = new_mail(sender, step.subject, sent)
        mail.set_content(step.text)
    prove(mail, proven=step.proven)
    if step.automatic:
        mail["Auto-Submitted"] = "auto-replied"
    _dress(mail, step)
    return mail


def new_mail(sender: str, subject: str, sent: datetime) -> EmailMessage:
    """A mail to the shop's mailbox, without words yet."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = MAILBOX
    mail["Subject"] = subject
    mail["Date"] = format_datetime(sent)
    mail["Message-ID"] = make_msgid(domain=_domain(mail))
    return mail


def answer(letter: EmailMessage, sender: str, text: str, sent: datetime, language: str = "en") -> EmailMessage:
    """An answer as a mail programme makes it: in the thread, the mail it answers quoted below."""
    subject = str(letter["Subject"] or "")
    mail = new_mail(sender, subject if subject.lower().startswith("re:") else f"Re: {subject}", sent)
    mail["In-Reply-To"] = str(letter["Message-ID"])
    mail["References"] = f"{letter['References'] or ''} {letter['Message-ID']}".strip()
    quoted = "\n".join(f"> {line}".rstrip() for line in words_of(letter).rstrip().splitlines())
    wrote = _WROTE[language].format(day=f"{sent:%d.%m.%Y}", mailbox=MAILBOX)
    mail.set_content(f"{text}\n\n{wrote}\n{quoted}\n")
    return mail


def prove(mail: EmailMessage, *, proven: bool = True) -> None:
    """What the shop's own receiving server writes on top of a mail whose sender it could prove, or could not."""
    if proven:
        mail["Authentication-Results"] = f"{GATE}; dmarc=pass header.from={_domain(mail)}"
    else:
        mail["Authentication-Results"] = f"{GATE}; dmarc=none header.from={_domain(mail)}"


def words_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def _domain(mail: EmailMessage) -> str:
    return str(mail["From"]).rpartition("@")[2].rstrip(">")


def _dress(mail: EmailMessage, step: Mail) -> None:
    """Its HTML with the first picture inside, and everything else attached."""
    files = list(step.files)
    if step.html:
        mail.add_alternative(step.html.format(picture=f"cid:{_INLINE}"), subtype="html")
        content, kind, subkind = file_named(files[0])
        payload = mail.get_payload()
        assert isinstance(payload, list)
        page = payload[-1]
        assert isinstance(page, EmailMessage)
        page.add_related(content, kind, subkind, cid=f"<{_INLINE}>", filename=files.pop(0))
    for name in files:
        content, kind, subkind = file_named(name)
        mail.add_attachment(content, maintype=kind, subtype=subkind, filename=name)
