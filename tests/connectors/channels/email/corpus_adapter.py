"""Our reading of a mail in the form that scorers of mail corpora take: one dictionary, whatever kind of mail it is."""

from typing import Any

from connectors.channels.email import bodies, bounces
from connectors.channels.email.automatic import is_automatic
from connectors.channels.email.parse import Mail, quoted_from, thread_ids_of
from connectors.channels.email.settings import mailbox
from hub.ports.channel import Account
from hub.ports.errors import Unreadable

# An address that no mail of a corpus is from.
OURS = mailbox(Account(name="corpus", channel="email", settings={"address": "nobody@ours.invalid"}))


def adapt(raw: bytes) -> dict[str, Any]:
    """What we make of a mail."""
    mail = Mail(OURS, raw, {})
    contents = bodies.read(mail.root)
    name, address = sender(mail)
    subject, thread_ids = mail.headers.text("subject"), thread_ids_of(mail.headers)
    bounce = bool(bounces.read(mail.root, mail.headers, mail.external_id, mail.raw))
    return {
        "message_id": mail.own_ids[0],
        "in_reply_to": " ".join(thread_ids),
        "from_name": name,
        "from_address": address,
        "subject": subject,
        "text": contents.text,
        "html": contents.html,
        "reply_text": contents.text[: quoted_from(contents, subject, bool(thread_ids))],
        "attachments": [
            {
                "filename": each.filename,
                "content_type": each.content_type,
                "size": len(each.data),
                "inline": each.inline,
            }
            for each in contents.attachments
        ],
        "auto_submitted": bounce or is_automatic(mail.headers),
        "bounce": bounce,
    }


def sender(mail: Mail) -> tuple[str, str]:
    """Name and address, both empty where a mail has none."""
    try:
        return mail.sender()[0]
    except Unreadable:
        return "", ""
