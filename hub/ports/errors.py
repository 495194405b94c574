"""What a connector may say went wrong; each error tells the worker what it may do next.

ConnectorError
├── Refused            the offered request is not genuine, or not for us: answer 4xx, store nothing
├── Unreadable         the payload cannot be parsed: keep the raw bytes, show it as unreadable
├── Unreachable        nothing was sent: try again later
│   └── RateLimited    nothing was sent: try again after `retry_after` seconds
├── Rejected           the other side will never take this: give up, tell the colleague why
├── Uncertain          it may have been sent: never again by itself
└── Misconfigured      the account's settings do not work: pause it, tell the administrator
"""

from __future__ import annotations

__all__ = [
    "ConnectorError",
    "Misconfigured",
    "RateLimited",
    "Refused",
    "Rejected",
    "Uncertain",
    "Unreachable",
    "Unreadable",
]


class ConnectorError(Exception):
    """The connector could not do this."""

    def __init__(self, reason: str = "", *, code: str = "") -> None:
        """`reason` is a sentence a colleague understands; `code` is the other side's own word for it."""
        self.reason = reason or (self.__doc__ or "")
        self.code = code
        super().__init__(self.reason)


class Refused(ConnectorError):
    """The request does not come from the provider that this account expects."""


class Unreadable(ConnectorError):
    """The payload could not be read."""


class Unreachable(ConnectorError):
    """The other side did not answer, or asked to come back later."""


class RateLimited(Unreachable):
    """The other side takes no more for a while."""

    def __init__(self, reason: str = "", *, retry_after: float, code: str = "") -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after


class Rejected(ConnectorError):
    """The other side refused this message for good."""


class Uncertain(ConnectorError):
    """The connection broke after the message was handed over; it may have been sent."""


class Misconfigured(ConnectorError):
    """The account's settings are refused by the other side."""
