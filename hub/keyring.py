"""The hub's one key, never in the database, and what is made with it: sealed secrets, signed links, reply tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ENVIRONMENT = "ONETHREAD_KEY"
KEY_BYTES = 32
NONCE_BYTES = 12
# 80 bits, which is a whole number of base-32 signs.
REPLY_MAC_BYTES = 10
# A random key repeats bytes so often once in 10^22; whatever somebody made up by hand does.
LEAST_VARIETY = 16

_REPLY = re.compile(r"(?P<mac>[a-z2-7]{16})(?P<id>[a-z0-9]{1,13})")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class UnfitKey(Exception):
    """The hub cannot start with this key."""


class WrongKey(Exception):
    """This was sealed with another key or for another place, or somebody changed it."""


class Keyring:
    """Seals, signs and hashes. Each purpose has a key of its own, derived from the one that is kept."""

    def __init__(self, key: bytes) -> None:
        _check(key)
        self._seal = AESGCM(_derive(key, "seal"))
        self._sign = _derive(key, "sign")
        self._reply = _derive(key, "reply")
        # One block by itself, never more: ECB is then a plain permutation.
        self._veil = Cipher(algorithms.AES(_derive(key, "veil")), modes.ECB())
        self.key_id = _derive(key, "id")[:4].hex()

    @classmethod
    def load(cls, path: Path) -> Keyring:
        """The key in ONETHREAD_KEY, else the one in the file at `path`, which the first start makes."""
        given = os.environ.get(ENVIRONMENT)
        if given:
            return cls(_decode(given, f"The variable {ENVIRONMENT}"))
        if not path.exists():
            _make_file(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UnfitKey(f"Others on this machine may read the key in {path}. Take that right away: chmod 600 {path}")
        return cls(_decode(path.read_text(encoding="ascii", errors="replace"), f"The file {path}"))

    def encrypt(self, text: str, about: str) -> str:
        """Seal a secret. `about` says where it stands ("accounts|7|secrets"): it opens nowhere else."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._seal.encrypt(nonce, text.encode(), self._context(about))
        return f"{self.key_id}.{_to_text(nonce + sealed)}"

    def decrypt(self, sealed: str, about: str) -> str:
        """What `encrypt` sealed for the same place; raises `WrongKey` otherwise."""
        key_id, _, body = sealed.partition(".")
        if key_id != self.key_id:
            raise WrongKey(f"It was sealed with the key {key_id}, and this one is {self.key_id}.")
        try:
            raw = _from_text(body)
            return self._seal.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._context(about)).decode()
        except (InvalidTag, ValueError) as problem:
            raise WrongKey(WrongKey.__doc__) from problem

    def sign(self, purpose: str, value: str, expires_at_ms: int) -> str:
        """A token for links that says `value` until it expires. It can be read by anybody and made by nobody else."""
        payload = f"{expires_at_ms}.{value}".encode()
        return f"{_to_text(payload)}.{_to_text(self._mac(purpose, payload))}"

    def verify(self, purpose: str, token: str, now_ms: int) -> str | None:
        """The value of a token that `sign` made for this purpose and that has not expired."""
        body, _, mac = token.partition(".")
        try:
            payload, given = _from_text(body), _from_text(mac)
        except ValueError:
            return None
        if not hmac.compare_digest(given, self._mac(purpose, payload)):
            return None
        expires, _, value = payload.decode().partition(".")
        return value if now_ms < int(expires) else None

    def veil(self, number: int) -> str:
        """A name for a number that tells nothing about it; the same number always has the same name."""
        return _to_text(self._veil.encryptor().update(number.to_bytes(16, "big")))

    def unveil(self, name: str) -> int | None:
        """The number that `veil` gave this name to; None for a name that we did not give."""
        try:
            block = _from_text(name)
        except ValueError:
            return None
        if len(block) != 16:
            return None
        number = int.from_bytes(self._veil.decryptor().update(block), "big")
        # A made-up name opens to 16 random bytes; ours open to eight zeros first.
        return number if number < 1 << 63 else None

    def reply_token(self, delivery_id: int) -> str:
        """The part of a reply address that names a delivery: small letters and digits, as mail systems keep them."""
        mac = hmac.digest(self._reply, str(delivery_id).encode(), "sha256")[:REPLY_MAC_BYTES]
        return base64.b32encode(mac).decode().lower() + _base36(delivery_id)

    def read_reply_token(self, token: str) -> int | None:
        """The delivery that a reply token names, however a mail system wrote its letters; None if it is not ours."""
        lowered = token.lower()
        match = _REPLY.fullmatch(lowered)
        if match is None:
            return None
        delivery_id = int(match["id"], 36)
        return delivery_id if hmac.compare_digest(lowered, self.reply_token(delivery_id)) else None

    @staticmethod
    def hash(secret: str) -> str:
        """How a secret that we made ourselves is stored: it has too many bits to be found by trying."""
        return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()

    @staticmethod
    def new_secret() -> str:
        """256 random bits, fit for links and cookies."""
        return secrets.token_urlsafe(32)

    def _context(self, about: str) -> bytes:
        return f"{self.key_id}|{about}".encode()

    def _mac(self, purpose: str, payload: bytes) -> bytes:
        return hmac.digest(self._sign, purpose.encode() + b"\0" + payload, "sha256")


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"onethread " + purpose.encode()).derive(key)


def _check(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise UnfitKey(f"A key has {KEY_BYTES} bytes, this one has {len(key)}.")
    if len(set(key)) < LEAST_VARIETY:
        raise UnfitKey("This key looks like an example. Take 32 random bytes.")


def _decode(written: str, where: str) -> bytes:
    try:
        key = _from_text(written.strip())
        _check(key)
    except (ValueError, UnfitKey) as problem:
        remedy = "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
        reason = problem if isinstance(problem, UnfitKey) else "It is not base64."
        raise UnfitKey(f"{where} holds no fit key. {reason} A new one: {remedy}") from problem
    return key


def _make_file(path: Path) -> None:
    """Write a new key. The file appears whole or not at all, and never over another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "w", encoding="ascii") as file:
            file.write(_to_text(secrets.token_bytes(KEY_BYTES)) + "\n")
            file.flush()
            os.fsync(file.fileno())
        _name(fresh, path)
    finally:
        fresh.unlink()


def _name(fresh: Path, path: Path) -> None:
    try:
        os.link(fresh, path)
    except FileExistsError:
        # Another process of this hub was first; its key counts.
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _from_text(text: str) -> bytes:
    """The bytes of URL-safe base64, with or without padding; raises ValueError for anything else."""
    bare = text.rstrip("=").encode("ascii")
    try:
        raw = base64.b64decode(bare + b"=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except binascii.Error as problem:
        raise ValueError("not base64") from problem
    if _to_text(raw).encode() != bare:
        raise ValueError("not base64 as we write it")
    return raw


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"
