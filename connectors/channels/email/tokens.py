"""Where our reply token travels: in the ids of our mails and behind the plus of our address."""

from __future__ import annotations

import re

from connectors.channels.email.addresses import mailboxes
from connectors.channels.email.headers import Headers

TOKEN = re.compile(r"^[A-Za-z0-9_-]{1,60}$")
OUR_ID = re.compile(r"<ot\.([A-Za-z0-9_-]{1,60})@[^<>\s@]{1,255}>")

_PLUS = re.compile(r"\+ot\.([A-Za-z0-9_-]{1,60})$")
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")


def message_id(token: str, domain: str) -> str:
    """The id of our mail that carries this token, without angle brackets."""
    return f"ot.{token}@{domain}"


def plus_address(token: str, address: str) -> str:
    """The address to which an answer to this mail comes."""
    local, _, domain = address.rpartition("@")
    return f"{local}+ot.{token}@{domain}"


def found_in(headers: Headers, thread_ids: list[str]) -> list[str]:
    """What may be tokens of ours, likeliest first: behind a plus of an address, then in the ids it answers."""
    behind_plus = [
        match[1] for box in mailboxes(headers, *_DELIVERED) if (match := _PLUS.search(box.address.rpartition("@")[0]))
    ]
    in_ids = [match[1] for each in thread_ids if (match := OUR_ID.match(f"<{each}>"))]
    return list(dict.fromkeys([*behind_plus, *in_ids]))
