"""Reports about mails we sent: what became of which of them, in words a colleague understands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from connectors.channels.email import bodies
from connectors.channels.email.addresses import addresses
from connectors.channels.email.automatic import has_null_sender
from connectors.channels.email.charsets import decode
from connectors.channels.email.headers import Headers, parameters
from connectors.channels.email.tokens import OUR_ID
from hub.ports.message import Ignored, Item, Receipt

State = Literal["sent", "delivered", "read", "delayed", "failed"]

_LOOKED_AT = 100_000
_ACTIONS: dict[str, State] = {
    "failed": "failed",
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "sent",
    "expanded": "sent",
}
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY_CODE = re.compile(r"(?<![\d.])([45]\d\d)[ -]")
_DAEMON = re.compile(r"^(?:mailer[-_]?daemon|postmaster|mail[-_]?daemon|bounces?|mdaemon|mailer)\b", re.IGNORECASE)

_REASONS = {
    "1.1": "The address does not exist.",
    "1.2": "The domain of the address does not exist or takes no mail.",
    "1.3": "The address is not written correctly.",
    "1.6": "The mailbox has moved.",
    "1.10": "The domain takes no mail.",
    "2.1": "The mailbox is switched off.",
    "2.2": "The mailbox is full.",
    "2.3": "The mail is larger than the recipient takes.",
    "3.4": "The mail is larger than the recipient takes.",
    "4.1": "The recipient's server does not answer.",
    "4.4": "There is no way to the recipient's server.",
    "4.6": "The mail went in a circle between servers.",
    "4.7": "The mail could not be delivered in time.",
    "7.1": "The recipient's server refuses our mail.",
    "7.26": "The recipient's server could not verify that the mail is ours.",
}
_CLASSES = {
    "1": "The address was refused.",
    "2": "The mailbox takes no mail.",
    "3": "The recipient's server cannot take the mail.",
    "4": "The recipient's server could not be reached.",
    "5": "The servers did not understand each other.",
    "6": "The recipient's server cannot show this mail.",
    "7": "The recipient's server refuses our mail.",
}
# A full mailbox is emptied one day, whatever class its server reports.
_PASSES = {"2.2", "4.7"}


def reasoned(status: str, state: State = "failed") -> str:
    """An enhanced status code (`5.1.1`) as a sentence."""
    _, _, detail = status.partition(".")
    reason = _REASONS.get(detail) or _CLASSES.get(detail.partition(".")[0]) or "The mail could not be delivered."
    return f"{reason} The servers go on trying." if state == "delayed" else reason


def is_permanent(status: str, code: str = "") -> bool:
    """Whether trying again is pointless."""
    first, _, detail = status.partition(".")
    return (first or code[:1]) == "5" and detail not in _PASSES


def read(root: bodies.Part, headers: Headers, external_id: str, raw: bytes) -> Sequence[Item]:
    """The receipts in a report; what reports on nothing of ours is left out, with the reason. Empty: no report."""
    report = root.content().params.get("report-type", "").lower()
    by_machine = _kind(root) == "multipart/report" or has_null_sender(headers) or _is_plain_bounce(headers)
    if not by_machine:
        # Somebody who attaches a report that they got has something to say about it.
        return ()
    parts = _flat(root)
    if report == "disposition-notification" or any(_kind(each) == _MDN for each in parts):
        return _read_receipt(parts, headers, external_id)
    status = next((each for each in parts if _kind(each) in _DSN), None)
    if status is not None:
        return _delivery_report(status, headers, external_id, raw)
    if report == "delivery-status" or _is_plain_bounce(headers):
        return _plain_bounce(headers, external_id, raw)
    return ()


_MDN = "message/disposition-notification"
_DSN = ("message/delivery-status", "message/global-delivery-status")


def _kind(part: bodies.Part) -> str:
    return part.get_content_type()


def _flat(root: bodies.Part) -> list[bodies.Part]:
    """A report's own parts; what is inside the mail it returns is not part of it."""
    return [root, *(bodies.children(root) if _kind(root).startswith("multipart/") else ())]


def _delivery_report(status: bodies.Part, headers: Headers, external_id: str, raw: bytes) -> Sequence[Item]:
    ours = _our_id(raw)
    if not ours:
        return (Ignored(external_id=external_id, reason="It reports on a mail that was not sent from here."),)
    receipts = [
        _receipt(fields, f"{external_id}/{number}", ours, headers)
        for number, fields in enumerate(_blocks(status), start=1)
        if fields.raw("final-recipient") or fields.raw("action")
    ]
    return receipts or _plain_bounce(headers, external_id, raw)


def _receipt(fields: Headers, external_id: str, provider_id: str, headers: Headers) -> Receipt:
    diagnostic = fields.text("diagnostic-code").partition(";")[2].strip() or fields.text("diagnostic-code")
    status = _status(fields.text("status")) or _status(diagnostic)
    action = _ACTIONS.get(fields.text("action").split("(")[0].strip().lower(), "failed")
    # A report whose class says "for now" is no failure, whatever its action is called.
    state: State = "delayed" if action == "failed" and status.startswith("2.") else action
    failed = state in ("failed", "delayed")
    return Receipt(
        external_id=external_id,
        provider_id=provider_id,
        state=state,
        reason=_told(status, state, diagnostic) if failed else "",
        code=status or _reply_code(diagnostic),
        at=headers.date("date"),
        permanent=is_permanent(status, _reply_code(diagnostic)) if state == "failed" else False,
        recipient=_recipient(fields),
    )


def _told(status: str, state: State, diagnostic: str) -> str:
    said = f" Their server said: {diagnostic[:300]}" if diagnostic else ""
    return reasoned(status, state) + said


def _recipient(fields: Headers) -> str:
    for name in ("original-recipient", "final-recipient"):
        found = addresses(fields.raw(name).partition(b";")[2].strip() or fields.raw(name))
        if found:
            return found[0].address
    return ""


def _blocks(status: bodies.Part) -> Iterable[Headers]:
    """The blocks of fields in a delivery status: one about the mail, then one for each recipient."""
    inner = bodies.children(status)
    if inner and not any(str(each.stored).strip() for each in inner):
        return [each.fields() for each in inner]
    text = bodies.body_bytes(status).replace(b"\r\n", b"\n")
    return [Headers(_fields(block)) for block in re.split(rb"\n[ \t]*\n", text) if block.strip()]


def _fields(block: bytes) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for line in block.split(b"\n"):
        name, colon, value = line.partition(b":")
        if line[:1] in b" \t" and found:
            found[-1] = (found[-1][0], found[-1][1] + b" " + line.strip())
        elif colon:
            found.append((name.decode("ascii", "replace"), value.strip()))
    return found


def _is_plain_bounce(headers: Headers) -> bool:
    """The forms without a standard part: qmail, Exim, old Exchange, and daemons that write plain text."""
    if headers.raw("x-failed-recipients"):
        return True
    senders = addresses(headers.raw("from"))
    from_daemon = not senders or bool(_DAEMON.match(senders[0].address))
    return from_daemon and has_null_sender(headers)


def _plain_bounce(headers: Headers, external_id: str, raw: bytes) -> Sequence[Item]:
    ours = _our_id(raw)
    if not ours:
        return (Ignored(external_id=external_id, reason="It reports on a mail that was not sent from here."),)
    text = decode(raw[:_LOOKED_AT]).text
    status = _status(text)
    code = _reply_code(text)
    return (
        Receipt(
            external_id=external_id,
            provider_id=ours,
            state="failed",
            reason=reasoned(status),
            code=status or code,
            at=headers.date("date"),
            permanent=is_permanent(status, code),
            recipient=headers.text("x-failed-recipients").partition(",")[0].strip(),
        ),
    )


def _read_receipt(parts: Iterable[bodies.Part], headers: Headers, external_id: str) -> Sequence[Item]:
    part = next((each for each in parts if _kind(each) == _MDN), None)
    fields = list(_blocks(part)) if part is not None else []
    for block in fields:
        ours = next((each for each in block.ids("original-message-id") if OUR_ID.match(f"<{each}>")), "")
        shown = parameters(block.raw("disposition")).params or block.text("disposition").lower()
        if ours and "deleted" not in str(shown):
            return (Receipt(external_id=external_id, provider_id=ours, state="read", at=headers.date("date")),)
    return (Ignored(external_id=external_id, reason="It is a read receipt for a mail that was not sent from here."),)


def _our_id(raw: bytes) -> str:
    """The id of ours in the mail that came back, in whatever form it was returned; it must carry our token."""
    match = OUR_ID.search(decode(raw[:_LOOKED_AT]).text)
    return match[0].strip("<>") if match else ""


def _status(text: str) -> str:
    match = _STATUS.search(text)
    return match[0] if match else ""


def _reply_code(text: str) -> str:
    match = _REPLY_CODE.search(text)
    return match[1] if match else ""
