"""The tree of refusals. A class's docstring is what people read, its `status` what HTTP says, its `code` what stays.

HubError
├── Malformed       400  it cannot be read at all
├── Unauthenticated 401
├── Forbidden       403
├── NotFound        404
├── Conflict        409
├── TooLarge        413
├── Invalid         422  it can be read and makes no sense
├── TooMany         429
└── Unavailable     503
"""

from __future__ import annotations

from typing import Any, ClassVar


class HubError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    def __init__(self, detail: str = "", **members: Any) -> None:
        """`members` are further fields of the problem document (RFC 9457)."""
        self.detail = detail or (self.__doc__ or "").strip()
        self.members = members
        super().__init__(self.detail)

    def problem(self) -> dict[str, Any]:
        """The problem document: stable `code`, a title for people, and what this refusal adds."""
        title = (type(self).__doc__ or "").strip().splitlines()[0]
        return {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.members,
        }


class Malformed(HubError):
    """This cannot be read."""

    status = 400
    code = "malformed"


class Unauthenticated(HubError):
    """Sign in first."""

    status = 401
    code = "unauthenticated"


class Forbidden(HubError):
    """You may not do this."""

    status = 403
    code = "forbidden"


class NotFound(HubError):
    """There is no such thing, or not for you."""

    status = 404
    code = "not_found"


class Conflict(HubError):
    """This does not fit what is there now."""

    status = 409
    code = "conflict"


class TooLarge(HubError):
    """This is larger than we take."""

    status = 413
    code = "too_large"


class Invalid(HubError):
    """This makes no sense here."""

    status = 422
    code = "invalid"


class TooMany(HubError):
    """Too many attempts. Wait a little and try again."""

    status = 429
    code = "too_many"

    def __init__(self, detail: str = "", *, retry_after: int = 60, **members: Any) -> None:
        super().__init__(detail, retry_after=retry_after, **members)
        self.retry_after = retry_after


class Unavailable(HubError):
    """The hub cannot do this now. Nothing was stored; try again."""

    status = 503
    code = "unavailable"

    def __init__(self, detail: str = "", *, retry_after: int = 1, **members: Any) -> None:
        super().__init__(detail, **members)
        self.retry_after = retry_after
