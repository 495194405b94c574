"""Request numbers: short enough to say on the phone, with a check digit that catches one wrong digit or two swapped."""

from __future__ import annotations

from functools import lru_cache

from hub.errors import NotFound

# Damm's quasigroup of order 10 (H. M. Damm, 2004): any single wrong digit and any swap of neighbours changes the check.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
# Numbers start at four digits, so that the first customer does not feel like the first.
_FIRST = 100


def _check(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


# The same few matters are spoken of again and again.
@lru_cache(maxsize=4096)
def number_of(request_id: int) -> str:
    """The number under which people speak of a request."""
    digits = str(_FIRST + request_id)
    return f"{digits}{_check(digits)}"


def id_of(number: str) -> int:
    """The request a spoken number means; raises `NotFound` for one that was misheard."""
    digits = "".join(number.split()).lstrip("#")
    if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 18) or _check(digits) != 0:
        raise _no_such()
    request_id = int(digits[:-1]) - _FIRST
    if request_id < 1:
        raise _no_such()
    return request_id


def _no_such() -> NotFound:
    return NotFound("There is no request with this number; one digit may be wrong.")
