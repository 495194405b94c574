"""Handing a mail to the account's mail server; every answer becomes one of the few things the hub can do next."""

from __future__ import annotations

import re
import ssl
from typing import NamedTuple

import aiosmtplib

from connectors.channels.email.bounces import is_permanent, reasoned
from connectors.channels.email.settings import Server
from hub.ports.errors import ConnectorError, Misconfigured, RateLimited, Rejected, Uncertain, Unreachable

_TIMEOUT = 60.0
_AFTER_TEXT = 300.0
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_LATER = re.compile(r"gr[ea]y-?list|try (?:again )?later|temporar|too many|rate limit|throttl", re.IGNORECASE)
_GREYLIST_SECONDS = 900.0
_BUSY_SECONDS = 300.0
_AMAZON = re.compile(r"^email-smtp\.([a-z0-9-]+)\.amazonaws\.com$")
_AMAZON_ID = re.compile(r"^Ok\s+([0-9a-f-]{30,})", re.IGNORECASE)


class Answer(NamedTuple):
    """What the server said when it took the mail, and whom it refused."""

    text: str
    refused: dict[str, str]


async def submit(client: aiosmtplib.SMTP, sender: str, recipients: list[str], raw: bytes) -> Answer:
    """Send one mail over a connection.

    Raises `Unreachable`, `RateLimited`, `Rejected`, `Uncertain` or `Misconfigured`.
    """
    refused = await _envelope(client, sender, recipients)
    said = await _text(client, raw)
    return Answer(said, {address: f"{error.code} {error.message}" for address, error in refused.items()})


async def connect(server: Server) -> aiosmtplib.SMTP:
    """A connection ready to send, encrypted and signed in as the settings demand."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=_TIMEOUT,
        use_tls=server.security == "tls",
        # Never `None`: that would go on in the clear when somebody strips STARTTLS from the server's answer.
        start_tls=server.security == "starttls",
        tls_context=tls_context(server) if server.security != "none" else None,
    )
    try:
        await client.connect()
        if server.username and server.password:
            await client.login(server.username, server.password)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        client.close()
        raise _not_connected(server, error) from error
    return client


def tls_context(server: Server) -> ssl.SSLContext:
    """Certificates are always checked, against the system's authorities or the account's own."""
    try:
        return ssl.create_default_context(cafile=server.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"The file with the certificate authority cannot be read: {server.ca_file}.") from error


def amazon_id(server: Server, answer: str) -> str:
    """The id that Amazon writes in place of ours, '' elsewhere; answers will name it."""
    region, given = _AMAZON.match(server.host), _AMAZON_ID.match(answer)
    if not region or not given:
        return ""
    return f"{given[1]}@{'email' if region[1] == 'us-east-1' else region[1]}.amazonses.com"


async def _envelope(
    client: aiosmtplib.SMTP, sender: str, recipients: list[str]
) -> dict[str, aiosmtplib.SMTPResponseException]:
    """Name sender and recipients; those refused, where it goes on without them."""
    refused: dict[str, aiosmtplib.SMTPResponseException] = {}
    try:
        await client.mail(sender)
        for recipient in recipients:
            try:
                await client.rcpt(recipient)
            except aiosmtplib.SMTPRecipientRefused as error:
                refused[recipient] = error
        if recipients[0] in refused or len(refused) == len(recipients):
            # Without the one it is meant for, those in copy get nothing either.
            raise refused.get(recipients[0]) or next(iter(refused.values()))
    except aiosmtplib.SMTPResponseException as error:
        raise refusal(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise Unreachable("The mail server broke off before it took the mail.") from error
    return refused


async def _text(client: aiosmtplib.SMTP, raw: bytes) -> str:
    """The part after which nobody can know, should the connection break."""
    try:
        return (await client.data(raw, timeout=_AFTER_TEXT)).message
    except aiosmtplib.SMTPResponseException as error:
        raise refusal(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Uncertain("The connection broke while the mail was handed over; it may have been sent.") from error


def refusal(code: int, said: str) -> ConnectorError:
    """A server's refusal as what the hub may do about it."""
    said = " ".join(said.split())[:300]
    match = _STATUS.search(said)
    status = match[1] if match else ""
    told = f"{reasoned(status)} The mail server said: {code} {said}"
    named = status or str(code)
    if code in (530, 534, 535, 538) or status in ("5.7.8", "5.7.9"):
        return Misconfigured(f"The mail server refuses the account's sign-in: {code} {said}", code=named)
    if code in (421, 450, 451, 452) and (_LATER.search(said) or code == 421):
        return RateLimited(told, retry_after=_BUSY_SECONDS, code=named)
    if 500 <= code < 600:
        if code == 550 and re.search(r"gr[ea]y-?list", said, re.IGNORECASE):
            return RateLimited(told, retry_after=_GREYLIST_SECONDS, code=named)
        return Rejected(told, code=named) if is_permanent(status, str(code)) else Unreachable(told, code=named)
    return Unreachable(told, code=named)


def _not_connected(server: Server, error: Exception) -> ConnectorError:
    if isinstance(error, ConnectorError):
        return error
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        if 400 <= error.code < 500:
            return Unreachable("The mail server cannot check the sign-in just now.", code=str(error.code))
        return Misconfigured("The mail server refuses the account's user name or password.", code=str(error.code))
    if "supported" in str(error):
        return Misconfigured(f"{server.host} does not offer what the settings demand: {error}.")
    if isinstance(error.__cause__, ssl.SSLCertVerificationError) or isinstance(error, ssl.SSLCertVerificationError):
        return Misconfigured(f"The certificate of {server.host} is not valid for it.")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return refusal(error.code, error.message)
    return Unreachable(f"The mail server {server.host} does not answer.")
