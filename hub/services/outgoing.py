"""Makes of a stored delivery the message that a connector sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hub.clock import to_datetime
from hub.database import Database, Reading
from hub.files import Files
from hub.html import clean
from hub.keyring import Keyring
from hub.ports.channel import Account
from hub.ports.message import Address, AttachmentOut, OutboundMessage, Quoted
from hub.repositories import conversations as entries_sql
from hub.repositories import identities as identities_sql
from hub.repositories import requests as requests_sql

REFERENCES = 20
DISOWN_MS = 7 * 86_400_000


class Outgoing:
    """Reads an entry with everything its message needs: endpoint, thread, files, quoted words, a reply token."""

    def __init__(self, db: Database, files: Files, keyring: Keyring, public_url: Callable[[], str]) -> None:
        self._db = db
        self._files = files
        self._keyring = keyring
        self._public_url = public_url

    async def compose(self, delivery: Any, account: Account) -> OutboundMessage:
        """The message of one delivery row. Raises `NotFound` when a file is gone."""
        details = msgspec.json.decode(delivery.details)
        bare, files = await self._db.view(self._read, delivery, details)
        attachments = tuple(
            [
                AttachmentOut(filename=f.filename, content_type=f.content_type, data=await self._files.get(f.file))
                for f in files
            ]
        )
        return msgspec.structs.replace(bare, attachments=attachments)

    def _read(self, rd: Reading, delivery: Any, details: dict[str, Any]) -> tuple[OutboundMessage, list[Any]]:
        entry = rd.one(entries_sql.entry, entry_id=delivery.entry_id)
        to = self._to(rd, delivery, details)
        answered = self._answered(rd, entry, delivery, details)
        thread = (
            [row.outside_id for row in rd.all(entries_sql.outside_ids_of, entry_id=answered.id)] if answered else []
        )
        named = [row.outside_id for row in rd.all(entries_sql.named_ids_of, entry_id=answered.id)] if answered else []
        together = details.get("together") or [entry.id]
        texts = [entry.text if i == entry.id else rd.one(entries_sql.entry, entry_id=i).text for i in together]
        message = OutboundMessage(
            key=f"delivery-{delivery.id}",
            to=to,
            text="\n\n".join(texts),
            html=self._html(rd, entry, together),
            subject=self._subject(rd, entry, details, answered),
            author=entry.author_name,
            language=details.get("language", ""),
            reply_token=self._keyring.reply_token(delivery.id),
            in_reply_to=thread[0] if thread else "",
            references=tuple([*named, *thread][-REFERENCES:]),
            cc=tuple(details.get("cc", ())),
            written_to=_written_to(answered),
            automatic=entry.automatic,
            disown_url=self._disown_url(delivery, rd.now) if details.get("after_chat") else "",
            quoted=self._quoted(rd, to, answered, details),
            details=details,
        )
        return message, rd.all(entries_sql.attachments_of, entry_ids=list(together))

    def _html(self, rd: Reading, entry: Any, together: list[int]) -> str:
        """The answer's own HTML, cleaned; several answers in one mail are plain text."""
        if not entry.has_html or len(together) > 1:
            return ""
        return clean(rd.value(entries_sql.body, entry_id=entry.id) or "", {})

    def _to(self, rd: Reading, delivery: Any, details: dict[str, Any]) -> Address:
        if delivery.endpoint_id is None:
            return Address(kind=details["to_kind"], address=details["to"])
        endpoint = rd.one(identities_sql.endpoint, endpoint_id=delivery.endpoint_id)
        owner = rd.one(identities_sql.customer, customer_id=endpoint.customer_id)
        shown = endpoint.shown if endpoint.kind == "email" else endpoint.address
        return Address(kind=endpoint.kind, address=shown or endpoint.address, name=owner.name, scope=endpoint.scope)

    def _answered(self, rd: Reading, entry: Any, delivery: Any, details: dict[str, Any]) -> Any | None:
        """The message this one answers: of the same endpoint, the last one before it."""
        if delivery.endpoint_id is None or details.get("first"):
            return None
        return rd.first(
            entries_sql.last_from_endpoint_before,
            conversation_id=entry.conversation_id,
            endpoint_id=delivery.endpoint_id,
            before=entry.seq,
        )

    def _subject(self, rd: Reading, entry: Any, details: dict[str, Any], answered: Any | None) -> str:
        if details.get("subject"):
            return str(details["subject"])
        if entry.subject:
            return str(entry.subject)
        if answered is not None and answered.subject:
            return f"Re: {answered.subject}"
        request = rd.first(requests_sql.request, request_id=entry.request_id) if entry.request_id else None
        return f"Re: {request.subject}" if request is not None and request.subject else ""

    def _quoted(self, rd: Reading, to: Address, answered: Any | None, details: dict[str, Any]) -> Quoted | None:
        if details.get("forwarded"):
            original = rd.one(entries_sql.entry, entry_id=details["forwarded"])
            author = original.author_name
        elif answered is not None:
            # It came from where the answer goes.
            original, author = answered, answered.author_name or to.address
        else:
            return None
        text = original.text if original.quoted_from is None else original.text[: original.quoted_from]
        return Quoted(author=author, at=to_datetime(original.shown_at), text=text.strip())

    def _disown_url(self, delivery: Any, now: int) -> str:
        token = self._keyring.sign("disown", str(delivery.id), now + DISOWN_MS)
        return f"{self._public_url()}/disown/{token}"


def _written_to(answered: Any | None) -> tuple[str, ...]:
    """Where the message that is answered went: first those it was meant for, then those in copy."""
    details = {} if answered is None else msgspec.json.decode(answered.details)
    return (*details.get("to", ()), *details.get("cc", ()))
