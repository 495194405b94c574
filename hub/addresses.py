"""One spelling per address, so that the same person is found however the address was written."""

from __future__ import annotations

import re
import unicodedata

import idna
import phonenumbers

from hub.errors import Invalid

# Within these kinds the address is a session's own name, not a way to find a person again.
SESSION_KINDS = frozenset({"visitor", "session"})

_MAX = 320
_CONTROL = re.compile(r"[\x00-\x20\x7f\u200b-\u200f\u2028-\u202e\ufeff]")


class BadAddress(Invalid):
    """This is not an address that we can reach."""

    code = "bad_address"


def normalize(kind: str, address: str, country: str = "") -> str:
    """The one spelling of an address of this kind; raises `BadAddress`.

    E-mail: lower case, the domain in its ASCII form (IDNA 2008 with UTS 46). Phone: E.164, a national number being one
    of `country` (ISO 3166). Anything else is kept as its provider wrote it, without the white space around it.
    """
    stripped = address.strip()
    if not stripped or len(stripped) > _MAX:
        raise BadAddress
    if kind == "email":
        return _email(stripped)
    if kind == "phone":
        return _phone(stripped, country)
    if "\x00" in stripped:
        raise BadAddress
    return stripped


def _email(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not at or not local or _CONTROL.search(address):
        raise BadAddress(f"“{address}” is not an e-mail address.")
    return f"{unicodedata.normalize('NFC', local).lower()}@{_domain(domain)}"


def _domain(domain: str) -> str:
    lowered = domain.rstrip(".").lower()
    if lowered.isascii():
        if re.fullmatch(r"\[?[a-z0-9_:.-]+\]?", lowered):
            return lowered
        raise BadAddress(f"“{domain}” is not a mail domain.")
    try:
        return idna.encode(lowered, uts46=True).decode()
    except idna.IDNAError as problem:
        raise BadAddress(f"“{domain}” is not a mail domain.") from problem


def _phone(address: str, country: str) -> str:
    try:
        number = phonenumbers.parse(address, country or None)
    except phonenumbers.NumberParseException as problem:
        raise BadAddress(f"“{address}” is not a phone number.") from problem
    if not phonenumbers.is_possible_number(number):
        raise BadAddress(f"“{address}” is not a phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def same_or_none(kind: str, address: str, country: str = "") -> str | None:
    """The normalised address, None when it is none: for what somebody else wrote and we only want to match."""
    try:
        return normalize(kind, address, country)
    except BadAddress:
        return None


def masked(kind: str, address: str) -> str:
    """Enough of an address to recognise one's own, too little to learn somebody else's."""
    if kind == "email":
        local, _, domain = address.partition("@")
        return f"{local[:1]}•••@{domain}"
    return f"••• {address[-2:]}"
