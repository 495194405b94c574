"""An outbound message to the bytes of a mail: the same message gives the same ids, however often it is tried."""

from __future__ import annotations

import hashlib
import html
import re
from email.errors import HeaderParseError
from email.headerregistry import Address as AddressHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate

from connectors.channels.email import quotes, tokens, words
from connectors.channels.email.automatic import LOOP_FIELD
from connectors.channels.email.settings import Mailbox
from hub.ports.errors import Rejected
from hub.ports.message import AttachmentOut, OutboundMessage, Quoted

MAX_FILES = 20 * 1024 * 1024
_REFERENCES = 20

_BREAKS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_PREFIXES = re.compile(r"^(?:\s*(?:re|aw|antw|sv|vs)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_TYPE = re.compile(r"^[a-z0-9][\w.+-]*/[\w.+-]+$")
_ID_FIELDS = ("message-id", "in-reply-to", "references")


class _Policy(EmailPolicy):
    """Folds ids only between them: the standard library encodes an id that is longer than a line, which breaks it."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _ID_FIELDS:
            return f"{name}: {(self.linesep + ' ').join(str(value).split())}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", cte_type="7bit")


def compose(mailbox: Mailbox, message: OutboundMessage) -> bytes:
    """The mail as it goes over the wire. Raises `Rejected` for what no mail may carry."""
    mail = EmailMessage(policy=_POLICY)
    try:
        _head(mail, mailbox, message)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise Rejected("The subject or an address cannot be written into a mail.") from error
    _body(mail, message)
    for file in _files(message):
        kind = file.content_type.lower() if _TYPE.match(file.content_type.lower()) else "application/octet-stream"
        main, _, sub = kind.partition("/")
        if main in ("message", "multipart"):
            main, sub = "application", "octet-stream"
        mail.add_attachment(file.data, maintype=main, subtype=sub, filename=_line(file.filename) or "file")
    return mail.as_bytes()


def id_of(mailbox: Mailbox, message: OutboundMessage) -> str:
    """The mail's Message-ID without angle brackets, from the token or else the key."""
    if not message.reply_token:
        return f"{hashlib.sha256(message.key.encode()).hexdigest()[:32]}@{ascii_domain(mailbox.domain)}"
    if not tokens.TOKEN.match(message.reply_token):
        raise Rejected("The reply token has signs that an address cannot carry.")
    return tokens.message_id(message.reply_token, ascii_domain(mailbox.domain))


def sender_of(mailbox: Mailbox, message: OutboundMessage) -> str:
    """The address of ours that the customer wrote to; the account's own where they wrote to that one too, or none."""
    written_to = {address.strip().casefold() for address in message.written_to}
    named = [address for address in mailbox.own if address.casefold() in written_to]
    return named[0] if named else mailbox.address


def recipients(message: OutboundMessage) -> list[str]:
    """The envelope's recipients, each once."""
    return list(dict.fromkeys(ascii_address(each) for each in (message.to.address, *message.cc)))


def ascii_domain(domain: str) -> str:
    """A domain as mail servers know it."""
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise Rejected(f"{domain!r} is no domain that mail can go to.") from None


def ascii_address(address: str) -> str:
    """An address as it is written in a mail."""
    local, at, domain = _line(address).strip().rpartition("@")
    if not at or not local or not local.isascii() or not domain or any(sign in address for sign in " <>,;"):
        raise Rejected(f"{address!r} is no address that mail can go to.")
    return f"{local}@{ascii_domain(domain)}"


def _head(mail: EmailMessage, mailbox: Mailbox, message: OutboundMessage) -> None:
    own = ascii_address(mailbox.address)
    mail["Date"] = formatdate(usegmt=True)
    mail["Message-ID"] = f"<{id_of(mailbox, message)}>"
    mail["From"] = _mailbox(_author(mailbox, message), ascii_address(sender_of(mailbox, message)))
    mail["To"] = _mailbox(message.to.name, ascii_address(message.to.address))
    if message.cc:
        mail["Cc"] = ", ".join(ascii_address(each) for each in message.cc)
    if mailbox.plus_addressing and message.reply_token:
        mail["Reply-To"] = _mailbox(_author(mailbox, message), tokens.plus_address(message.reply_token, own))
    mail["Subject"] = _subject(message)
    _thread(mail, message)
    if message.language:
        mail["Content-Language"] = _line(message.language)
    if message.automatic:
        mail["Auto-Submitted"] = "auto-replied" if message.in_reply_to else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    mail[LOOP_FIELD] = id_of(mailbox, message).partition("@")[0]


def _thread(mail: EmailMessage, message: OutboundMessage) -> None:
    """What it answers, and the chain before: the first id and the newest, for a field of bounded length."""
    chain = list(dict.fromkeys(_bare(each) for each in (*message.references, message.in_reply_to) if _bare(each)))
    if len(chain) > _REFERENCES + 1:
        chain = [chain[0], *chain[-_REFERENCES:]]
    if _bare(message.in_reply_to):
        mail["In-Reply-To"] = f"<{_bare(message.in_reply_to)}>"
    if chain:
        mail["References"] = " ".join(f"<{each}>" for each in chain)


def _bare(message_id: str) -> str:
    """An id fit for a field; one that is not is left out, it could not be matched anyway."""
    bare = message_id.strip().strip("<>")
    return bare if bare.isascii() and bare.isprintable() and not re.search(r"[\s<>]", bare) and len(bare) < 900 else ""


def _author(mailbox: Mailbox, message: OutboundMessage) -> str:
    author, name = _line(message.author).strip(), _line(mailbox.name).strip()
    return f"{author} ({name})" if author and name and author != name else author or name


def _mailbox(name: str, address: str) -> AddressHeader:
    return AddressHeader(display_name=_line(name).strip()[:200], addr_spec=address)


def _subject(message: OutboundMessage) -> str:
    subject = _line(message.subject).strip()
    return f"Re: {_PREFIXES.sub('', subject)}".strip() if message.in_reply_to else subject


def _line(value: str) -> str:
    """The value, refused when it would start another field."""
    if _BREAKS.search(value):
        raise Rejected("A line break in a subject, name or address is not sent.")
    return value.replace("\t", " ")


def _files(message: OutboundMessage) -> tuple[AttachmentOut, ...]:
    if sum(len(file.data) for file in message.attachments) > MAX_FILES:
        raise Rejected("The files are larger than the 20 MB that a mail may carry; send a link instead.")
    return message.attachments


def _body(mail: EmailMessage, message: OutboundMessage) -> None:
    """Text and HTML of the same words."""
    say = words.in_language(message.language)
    plain, page = [message.text.rstrip()], [message.html or paragraphs(message.text)]
    if message.disown_url:
        url = html.escape(message.disown_url)
        plain.append(f"{say.disown} {message.disown_url}")
        page.append(f'<p>{html.escape(say.disown)} <a href="{url}">{url}</a></p>')
    if message.quoted:
        plain.append(_quoted_text(message.quoted, say))
        page.append(_quoted_html(message.quoted, say))
    mail.set_content("\n\n".join(plain) + "\n", cte="quoted-printable")
    language = html.escape(message.language or "en")
    document = [f'<!doctype html>\n<html lang="{language}"><body>', *page, "</body></html>\n"]
    mail.add_alternative("\n".join(document), subtype="html", cte="quoted-printable")


def _wrote(quoted: Quoted, say: words.Words) -> str:
    return say.wrote.format(at=f"{quoted.at:%Y-%m-%d %H:%M}", author=quoted.author)


def _quoted_text(quoted: Quoted, say: words.Words) -> str:
    lines = (f"> {line}".rstrip() for line in _last_words(quoted.text).splitlines())
    return "\n".join([words.sentinel(say), _wrote(quoted, say), *lines])


def _quoted_html(quoted: Quoted, say: words.Words) -> str:
    said = quoted.html or paragraphs(_last_words(quoted.text))
    return (
        f"<p>{html.escape(words.sentinel(say))}</p>\n<p>{html.escape(_wrote(quoted, say))}</p>\n"
        f'<blockquote type="cite">\n{said}\n</blockquote>'
    )


def _last_words(text: str) -> str:
    """Only what was said last; what that mail quoted in turn is known to whoever wrote it."""
    start = quotes.start_of_quote(text)
    return text[:start].rstrip() if start is not None else text.rstrip()


def paragraphs(text: str) -> str:
    """Plain text as HTML: blank lines part paragraphs, line ends stay."""
    blocks = re.split(r"\n[ \t]*\n", html.escape(text.strip("\n"), quote=False).replace("\r\n", "\n"))
    return "\n".join(f"<p>{block.replace(chr(10), '<br>' + chr(10))}</p>" for block in blocks)
