"""Reads the token with which a shop signs who is signed in there (JWT, RFC 7519)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt

from hub.clock import to_datetime
from hub.errors import Invalid
from hub.ports.channel import Account, field
from hub.services.visitor_identity import Identity

LONGEST = timedelta(hours=1)
SKEW = timedelta(minutes=2)
# Shorter secrets can be guessed from one token (RFC 7518 §3.2).
SHORTEST_SECRET = 32


class BadIdentity(Invalid):
    """The shop's word for who this is does not hold."""

    code = "bad_identity"


def identity_of(account: Account, token: str, now_ms: int) -> Identity:
    """Who a shop's token says this is; raises `BadIdentity` for anything but a fresh token meant for this account."""
    claims = _claims(account, token)
    now = to_datetime(now_ms)
    try:
        expires, issued = to_datetime(int(claims["exp"] * 1000)), to_datetime(int(claims["iat"] * 1000))
        begins = to_datetime(int(claims.get("nbf", claims["iat"]) * 1000))
    except (TypeError, ValueError, OverflowError) as problem:
        raise BadIdentity("The shop's token holds a time that is none.") from problem
    if now >= expires or max(issued, begins) > now + SKEW or expires - issued > LONGEST:
        raise BadIdentity("The shop's token is not valid now, or runs for more than an hour.")
    subject = str(claims["sub"]).strip()
    if not subject:
        raise BadIdentity
    verified = claims.get("email_verified") is True
    return Identity(
        subject=subject,
        email=str(claims.get("email", "")) if verified else "",
        name=str(claims.get("name", ""))[:100],
    )


def _claims(account: Account, token: str) -> dict[str, Any]:
    secret, public = field(account.settings, "identity_secret"), field(account.settings, "identity_key")
    if public:
        key, algorithm = public, "EdDSA"
    elif len(secret) >= SHORTEST_SECRET:
        key, algorithm = secret, "HS256"
    else:
        raise BadIdentity("This account has no identity secret of at least 32 characters.")
    # The hub's own clock decides about time, so that the demo's story can have its own.
    options: Any = {
        "require": ["exp", "iat", "sub", "aud"],
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
    }
    try:
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=[algorithm], audience=account.name, options=options)
    except jwt.PyJWTError as problem:
        raise BadIdentity from problem
    return claims
