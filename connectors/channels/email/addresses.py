"""Address fields read without trust: one linear pass, no recursion, anything ambiguous told as such."""

from __future__ import annotations

import re
from typing import NamedTuple

from connectors.channels.email.charsets import decode
from connectors.channels.email.headers import Headers, clean, decode_words

MAX_ADDRESSES = 500

# What means itself, wherever in the field it stands.
_PLAIN = re.compile(rb'[^="(<,;:]+')
_ENCODED = re.compile(rb"=\?[\w.:+*@-]{1,60}\?[bBqQ]\?[^\r\n]{0,4000}?\?=")
_ADDRESS = re.compile(r"""^(?:"[^"\r\n]{1,64}"|[^\s<>()\[\],;:"@]+)@[^\s<>()\[\],;:"@]+$""")
_ANYWHERE = re.compile(r"""[^\s<>()\[\],;:"'@=]{1,64}@[^\s<>()\[\],;:"'@]{1,253}""")


class Mailbox(NamedTuple):
    """A display name and an address, '' where it is missing."""

    name: str
    address: str


class Piece:
    """What is known of one address while the pass goes through it."""

    def __init__(self) -> None:
        self.phrase = b""
        self.angles: list[bytes] = []
        self.comments: list[bytes] = []
        self.quoted = False


def mailboxes(headers: Headers, *names: str) -> list[Mailbox]:
    """Every address in all fields of these names, in order."""
    return [each for raw in headers.raws(*names) for each in addresses(raw, headers.charset)]


def addresses(raw: bytes, charset: str = "") -> list[Mailbox]:
    """The addresses in one field."""
    found = [box for piece in _pieces(raw) if (box := _mailbox(piece, charset)).address]
    if not found:
        # A broken field: whatever in it looks like an address is better than nobody.
        text = clean(decode_words(raw, charset))
        found = [Mailbox(text[: match.start()].strip(" <\"'"), match[0]) for match in _ANYWHERE.finditer(text)]
    return found[:MAX_ADDRESSES]


def domain(address: str) -> str:
    """The domain of an address, lower case, in its ASCII form where it has one."""
    name = address.rpartition("@")[2].rstrip(".").lower()
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def same(one: str, other: str) -> bool:
    """Whether two addresses are the same mailbox to all practice: without case, without what follows a plus."""
    return bool(one) and _bare(one) == _bare(other)


def _bare(address: str) -> tuple[str, str]:
    return address.rpartition("@")[0].partition("+")[0].lower(), domain(address)


def _pieces(raw: bytes) -> list[Piece]:
    pieces, piece, position = [], Piece(), 0
    while position < len(raw):
        if plain := _PLAIN.match(raw, position):
            piece.phrase += plain[0]
            position = plain.end()
            continue
        char = raw[position : position + 1]
        if char == b"=" and (word := _ENCODED.match(raw, position)):
            piece.phrase += word[0]
            position = word.end()
            continue
        if char == b'"':
            content, position = _quoted(raw, position)
            piece.phrase += b'"' + content + b'"' if raw[position : position + 1] == b"@" else content
            piece.quoted = True
            continue
        if char == b"(":
            content, position = _comment(raw, position)
            piece.comments.append(content)
            continue
        if char == b"<":
            end = raw.find(b">", position)
            end = len(raw) if end < 0 else end
            piece.angles.append(raw[position + 1 : end])
            position = end
        elif char in b",;":
            pieces.append(piece)
            piece = Piece()
        elif char == b":" and not piece.angles and b"@" not in piece.phrase:
            piece = Piece()  # a group's name
        else:
            piece.phrase += char
        position += 1
    return [*pieces, piece]


def _quoted(raw: bytes, start: int) -> tuple[bytes, int]:
    position = start + 1
    while position < len(raw) and raw[position : position + 1] != b'"':
        position += 2 if raw[position : position + 1] == b"\\" else 1
    return re.sub(rb"\\(.)", rb"\1", raw[start + 1 : position]), position + 1


def _comment(raw: bytes, start: int) -> tuple[bytes, int]:
    depth, position = 0, start
    while position < len(raw):
        char = raw[position : position + 1]
        depth += (char == b"(") - (char == b")")
        if depth == 0:
            break
        position += 2 if char == b"\\" else 1
    return raw[start + 1 : position], position + 1


def _mailbox(piece: Piece, charset: str) -> Mailbox:
    phrase = clean(decode_words(piece.phrase.strip(), charset)).strip()
    comment = clean(decode_words(b" ".join(piece.comments), charset))
    for angle in piece.angles:
        address = _address(angle)
        if address:
            return Mailbox(phrase.strip("\"' ") if not piece.quoted else phrase, address)
    bare = _address(piece.phrase)
    if bare:
        return Mailbox(comment, bare)
    inside = _ANYWHERE.search(phrase)
    if inside and not piece.quoted:
        return Mailbox(phrase[: inside.start()].strip(" \"'"), inside[0].strip("."))
    return Mailbox(phrase, "")


def _address(raw: bytes) -> str:
    text = clean(decode(raw.strip()).text)
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    text = text.strip().removeprefix("mailto:").replace(" ", "") if text.count("@") == 1 else text.strip()
    return text.rstrip(".") if _ADDRESS.match(text) and len(text) <= 320 else ""
