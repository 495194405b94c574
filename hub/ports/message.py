"""What travels between connectors and the hub: plain values, no behaviour, no tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

# How well an address is proven, weakest first. `staff` counts as `code`.
Assurance = Literal["claimed", "link", "code", "signed", "staff"]

Direction = Literal["in", "out"]


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """One address as the outside world writes it; the hub normalises it.

    `kind` is the address's kind (`email`, `phone`, `external`, `visitor` ...), not the channel's name.
    `scope` is empty where the address means the same everywhere, else the account that gave the id.
    """

    kind: str
    address: str
    name: str = ""
    scope: str = ""


class AttachmentIn(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a message; `content_id` links it to an inline place in the HTML."""

    filename: str
    content_type: str
    data: bytes
    content_id: str = ""
    inline: bool = False


class InboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message somebody sent us, read from a provider's payload.

    `external_id` is unique within the account: the same one again is the same message.
    `proof` is what this one arrival proved about `sender` (None: the sender is not proven);
    `failed_proof` says that authentication was tried and failed: it is filed apart.
    `thread_ids` are ids of earlier messages this one answers, `reply_tokens` what may be tokens of ours found in it,
    both likeliest first. They may choose the request, never the customer. `own_ids` are all ids it is known by.
    `text` is the whole text; `quoted_from` is the index in it at which quoted history starts (None: nothing quoted).
    """

    external_id: str
    sender: Address
    text: str
    html: str = ""
    subject: str = ""
    sent_at: datetime | None = None
    proof: Assurance | None = None
    proof_method: str = ""
    failed_proof: bool = False
    session: str = ""
    reply_tokens: tuple[str, ...] = ()
    thread_ids: tuple[str, ...] = ()
    own_ids: tuple[str, ...] = ()
    body_hash: str = ""
    quoted_from: int | None = None
    automatic: bool = False
    backfilled: bool = False
    reply_to: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    order: str = ""
    attachments: tuple[AttachmentIn, ...] = ()
    facts: dict[str, str] = {}
    details: dict[str, Any] = {}


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """News about something we sent: `provider_id` names the part, `state` what became of it.

    `permanent` is meant for `failed` only: True when trying again is pointless.
    """

    external_id: str
    provider_id: str
    state: Literal["sent", "delivered", "read", "delayed", "failed"]
    reason: str = ""
    code: str = ""
    at: datetime | None = None
    permanent: bool = True
    recipient: str = ""


class CallReport(msgspec.Struct, frozen=True, kw_only=True):
    """A telephone call, noted by a colleague or reported by a telephone system; `phone` None: number withheld."""

    external_id: str
    phone: str | None
    direction: Direction = "in"
    started_at: datetime | None = None
    duration_s: int | None = None
    text: str = ""
    recording_url: str = ""
    agent: str = ""


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """Something read and rightly left out of every conversation, with the reason (our own mail coming back ...)."""

    external_id: str
    reason: str


Item = InboundMessage | Receipt | CallReport | Ignored


class AttachmentOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file that leaves with a message."""

    filename: str
    content_type: str
    data: bytes


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """The message that an answer answers, for channels that quote it."""

    author: str
    at: datetime
    text: str
    html: str = ""


class OutboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one endpoint, ready for a connector to split and send.

    `key` is stable over retries; connectors derive their message ids from it, so that a copy can be recognised.
    `reply_token` proves, when it comes back, that whoever answers owns the endpoint.
    `written_to` are the addresses that the message it answers went to: an account that has several answers from there.
    `private`: it holds a secret of its receiver's, so that no copy is kept.
    """

    key: str
    to: Address
    text: str
    html: str = ""
    subject: str = ""
    author: str = ""
    language: str = ""
    reply_token: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    written_to: tuple[str, ...] = ()
    automatic: bool = False
    private: bool = False
    disown_url: str = ""
    quoted: Quoted | None = None
    attachments: tuple[AttachmentOut, ...] = ()
    details: dict[str, Any] = {}


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of an outbound message that is sent, retried and receipted by itself."""

    number: int
    message: OutboundMessage


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side answered when it took a part."""

    provider_id: str
    also_known_as: tuple[str, ...] = ()
    details: dict[str, Any] = {}
