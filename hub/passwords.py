"""How passwords are judged, hashed and compared: slowly on purpose, and never so many at once that the hub stalls."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.errors import Invalid, TooMany

T = TypeVar("T")

SHORTEST = 12
LONGEST = 128
# What a password must have beside words that everybody tries first.
LEAST_OF_ITS_OWN = 6
LEAST_VARIETY = 5

THREADS = 2
# About a second of work; who comes later is asked to try again.
QUEUE = 32

COMMON = (
    *("password", "passwort", "passw0rd", "kennwort", "letmein", "welcome", "willkommen", "iloveyou", "changeme"),
    *("administrator", "admin", "default", "secret", "geheim", "master", "login", "hallo", "hello", "test", "demo"),
    *("superman", "batman", "dragon", "monkey", "football", "fussball", "princess", "sunshine", "schatz", "trustno1"),
    *("qwertyuiop", "qwertzuiop", "qwerty", "qwertz", "asdfghjkl", "asdfgh", "1q2w3e4r5t6y", "1q2w3e4r", "zxcvbnm"),
    *("12345678901234567890", "1234567890", "123456789", "12345678", "1234567", "123456", "12345", "9876543210"),
    *("987654321", "654321", "abcdefghijkl", "abcdefgh", "abcdef", "abc123", "onethread", "support", "service"),
)


class WeakPassword(Invalid):
    """Choose another password."""

    code = "weak_password"


class TooBusy(TooMany):
    """Too many people are signing in just now. Try again in a moment."""

    code = "too_busy"


def check_password(password: str, *about: str) -> None:
    """Raise `WeakPassword`, with a `reason`, for one that is guessed early; `about` says whose it is."""
    written = _normal(password)
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in written):
        raise WeakPassword("A password is made of characters that can be typed.", reason="signs")
    if len(written) < SHORTEST:
        raise WeakPassword(f"A password has at least {SHORTEST} characters.", reason="short", n=SHORTEST)
    if len(written) > LONGEST:
        raise WeakPassword(f"A password has at most {LONGEST} characters.", reason="long", n=LONGEST)
    own = _without(written.casefold(), (*COMMON, *_words(about)))
    if len(own) < LEAST_OF_ITS_OWN or len(set(own)) < LEAST_VARIETY:
        raise WeakPassword("This password is one of those that are tried first.", reason="common")


def _words(about: tuple[str, ...]) -> list[str]:
    return [word for text in about for word in re.split(r"[\W_]+", text.casefold()) if len(word) > 3]


def _without(password: str, words: tuple[str, ...]) -> str:
    for word in sorted(words, key=len, reverse=True):
        password = password.replace(word, "")
    return password


def _normal(password: str) -> str:
    """The same password however a keyboard composes its letters."""
    return unicodedata.normalize("NFC", password)


class Passwords:
    """Hashes and compares in a few threads with a short queue; beyond it raises `TooBusy` at once."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._waiting = 0
        # Somebody who does not work here takes as long to refuse as somebody who does.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(_bytes(password)))

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether the password is the one that was hashed; without a hash it is not, after the same time."""
        fits = await self._run(lambda: self._verify(password, hashed or self._nobody))
        return fits and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with weaker settings than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def stop(self) -> None:
        self._threads.shutdown()

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= QUEUE:
            raise TooBusy(retry_after=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _bytes(password: str) -> bytes:
    # Longer ones are nobody's password, and are not worth the time to hash them.
    return _normal(password[: LONGEST * 2]).encode(errors="surrogatepass")
