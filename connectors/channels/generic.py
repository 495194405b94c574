"""The shop's own backend as a channel: messages come by `POST /api/v1/messages` or a webhook, answers go to a webhook.

Both ways webhooks are Standard Webhooks (standardwebhooks.com, spec 1.0): `webhook-id`, `webhook-timestamp` and
`webhook-signature` over `id.timestamp.body`. Without a webhook answers are only readable as entries.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx2
import msgspec

from connectors.http import client
from hub.ports.channel import Account, Capabilities, Channel, Probe, Setting, field
from hub.ports.errors import Misconfigured, RateLimited, Refused, Rejected, Uncertain, Unreachable, Unreadable
from hub.ports.message import Address, Ignored, InboundMessage, Item, OutboundMessage, Part, Sent

PREFIX = "whsec_"
# A receiver refuses older requests, so that a recorded one cannot be sent again (spec: five minutes).
TOLERANCE_S = 300
_NO_ADDRESS = (httpx2.UnsupportedProtocol, httpx2.InvalidURL)


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Misconfigured("The webhook's secret must be “whsec_” and base64.") from problem


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of a body."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


class _Sender(msgspec.Struct, frozen=True):
    id: str
    name: str = ""


class _Said(msgspec.Struct, frozen=True):
    id: str
    text: str


class _Message(msgspec.Struct, frozen=True):
    sender: _Sender
    message: _Said


class _Webhook(msgspec.Struct, frozen=True):
    """What the spec asks of every payload; `data` is as its `type` says."""

    type: str
    timestamp: datetime
    data: dict[str, Any] = {}


class GenericChannel(Channel):
    """Whatever address the shop's backend knows; the backend takes the answers."""

    name = "generic"
    label = "API"
    address_kind = "external"
    scoped = True
    capabilities = Capabilities(bound_to="session", start=True, rich_text=True, carries_any=True, max_file=25_000_000)
    settings = (
        Setting(key="webhook_url", help="Where answers are sent. Empty: they are only readable by the API."),
        Setting(key="webhook_secret", help="Secret of the webhook's signature, “whsec_…”.", secret=True),
    )

    def describe(self, account: Account) -> str:
        return account.label or "API"

    def verify(self, account: Account, body: bytes, headers: Mapping[str, str]) -> None:
        secret = field(account.settings, "webhook_secret")
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not (secret and message_id and timestamp.isdigit()):
            raise Refused
        if abs(time.time() - int(timestamp)) > TOLERANCE_S:
            raise Refused("This webhook is too old.")
        expected = sign(secret, message_id, int(timestamp), body)
        given = headers.get("webhook-signature", "").split()
        if not any(hmac.compare_digest(expected, signature) for signature in given):
            raise Refused

    def parse(self, account: Account, body: bytes, headers: Mapping[str, str]) -> Sequence[Item]:
        try:
            told = msgspec.json.decode(body, type=_Webhook)
            if told.type != "message.received":
                external_id = headers.get("webhook-id") or hashlib.sha256(body).hexdigest()
                return (Ignored(external_id=external_id, reason=f"it tells of “{told.type[:100]}”"),)
            return (_inbound(account, told, msgspec.convert(told.data, _Message)),)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise Unreadable(f"This is no webhook that brings a message: {problem}") from problem

    def id_of(self, account: Account, part: Part) -> str:
        return part.message.key if field(account.settings, "webhook_url") else ""

    async def send(self, account: Account, part: Part) -> Sent:
        url = field(account.settings, "webhook_url")
        if not url:
            return Sent(provider_id="")
        body = json.dumps(_payload(part.message), ensure_ascii=False).encode()
        headers = {"content-type": "application/json", **self._headers(account, part.message.key, body)}
        try:
            async with client() as http:
                answer = await http.post(url, content=body, headers=headers)
        except _NO_ADDRESS as problem:
            raise Misconfigured("The webhook's address must start with https:// and name a server.") from problem
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as problem:
            raise Unreachable("The shop's webhook does not answer.") from problem
        except httpx2.HTTPError as problem:
            raise Uncertain("The shop's webhook broke off. It may have taken the answer.") from problem
        _judge(answer)
        return Sent(provider_id=part.message.key)

    def _headers(self, account: Account, key: str, body: bytes) -> dict[str, str]:
        secret = field(account.settings, "webhook_secret")
        if not secret:
            return {}
        now = int(time.time())
        return {
            "webhook-id": key,
            "webhook-timestamp": str(now),
            "webhook-signature": sign(secret, key, now, body),
        }

    async def test(self, account: Account) -> Sequence[Probe]:
        url = field(account.settings, "webhook_url")
        if not url:
            return (Probe(step="No webhook is set: answers are readable by the API.", ok=True),)
        try:
            async with client() as http:
                await http.head(url)
        except (httpx2.HTTPError, *_NO_ADDRESS) as problem:
            return (Probe(step=f"Reach {url}", ok=False, remedy=f"{type(problem).__name__}: is the address right?"),)
        return (Probe(step=f"Reach {url}", ok=True),)


def _inbound(account: Account, told: _Webhook, new: _Message) -> InboundMessage:
    """The shop signs for its own ids of its customers."""
    sender = Address(kind="external", address=new.sender.id, name=new.sender.name, scope=account.name)
    return InboundMessage(
        external_id=new.message.id,
        sender=sender,
        text=new.message.text,
        sent_at=told.timestamp if told.timestamp.tzinfo else None,
        proof="signed",
        proof_method="webhook",
    )


def _payload(message: OutboundMessage) -> dict[str, object]:
    return {
        "type": "message.sent",
        "key": message.key,
        "to": {"kind": message.to.kind, "address": message.to.address, "name": message.to.name},
        "text": message.text,
        "html": message.html,
        "author": message.author,
        "attachments": [
            {
                "filename": item.filename,
                "content_type": item.content_type,
                "data": base64.b64encode(item.data).decode(),
            }
            for item in message.attachments
        ],
    }


def _judge(answer: httpx2.Response) -> None:
    """2xx took it; 429 and 503 want it later; 410 and other 4xx never; the rest is tried again."""
    if answer.is_success:
        return
    code = str(answer.status_code)
    if answer.status_code in {429, 503}:
        wait = answer.headers.get("retry-after", "60")
        raise RateLimited(
            "The shop's webhook asks to wait.", retry_after=float(wait) if wait.isdigit() else 60.0, code=code
        )
    if 400 <= answer.status_code < 500 and answer.status_code not in {408, 425}:
        raise Rejected(f"The shop's webhook refused the answer ({code}).", code=code)
    raise Unreachable(f"The shop's webhook failed ({code}).", code=code)
