"""Bytes from anywhere to text: the declared charset as mailers mean it first, a guess last, never a lost byte."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

from charset_normalizer import from_bytes

# What mailers call a charset, and the codec that really reads what they write.
_ALIASES = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi": "cp1252",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-gb2312": "gb18030",
    "x-gbk": "gb18030",
    "cn-gb": "gb18030",
    "big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "cp-850": "cp850",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "utf8": "utf-8",
    "utf8mb4": "utf-8",
    "utf-8-mac": "utf-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
}
_UNKNOWN = {"", "x-unknown", "unknown-8bit", "unknown", "default", "default_charset", "none", "binary", "8bit", "_iso"}
_SAMPLE = 8192
_ENOUGH_TO_GUESS = 40

_JIS_ESCAPE = re.compile(rb"(\x1b(?:\$[@B]|\$\([@BD]|\([BJIH]))")


class Decoded(NamedTuple):
    """Text, and whether the charset had to be guessed."""

    text: str
    guessed: bool


def decode(raw: bytes, declared: str = "") -> Decoded:
    """Read the bytes as the declared charset, else as UTF-8, else as what they look like."""
    meant = codec_of(declared) or "utf-8"
    for codec in (meant, "utf-8"):
        text = _strictly(raw, codec)
        if text is not None:
            return Decoded(_without_nul(text), codec != meant)
    return Decoded(_without_nul(_guess(raw)), True)


# A mail names the same few charsets over and over.
@lru_cache(maxsize=256)
def codec_of(declared: str) -> str:
    """Python's codec for a charset as mailers name it; '' when there is none."""
    name = declared.strip().strip("\"'").lower().replace(" ", "")
    if name in _UNKNOWN:
        return ""
    name = _ALIASES.get(name, name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # rot13, zip and their like are codecs of Python, not charsets.
    return name if getattr(found, "_is_text_encoding", True) and found.name not in ("idna", "punycode") else ""


def _strictly(raw: bytes, codec: str) -> str | None:
    if codec.replace("_", "-").startswith("iso-2022-jp"):
        return _jis(raw)
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError):
        return _western(raw) if codec == "cp1252" and not _reads_as_utf8(raw) else None


def _reads_as_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _jis(raw: bytes) -> str | None:
    """ISO-2022-JP through Shift-JIS: mailers write vendor characters (①) that no stdlib JIS codec reads."""
    out = bytearray()
    double = kana = False
    for piece in _JIS_ESCAPE.split(raw):
        if piece.startswith(b"\x1b"):
            double, kana = piece[1:2] == b"$", piece == b"\x1b(I"
        elif double:
            out += _jis_pairs(piece)
        else:
            out += bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in piece) if kana else piece
    try:
        return out.decode("cp932")
    except UnicodeDecodeError:
        return None


def _jis_pairs(piece: bytes) -> bytes:
    out = bytearray()
    position = 0
    while position < len(piece):
        first = piece[position]
        if not 0x21 <= first <= 0x7E or position + 1 >= len(piece):
            out.append(first)
            position += 1
            continue
        second = piece[position + 1]
        lead = ((first + 1) >> 1) + (0x70 if first <= 0x5E else 0xB0)
        trail = second + ((0x1F if second < 0x60 else 0x20) if first & 1 else 0x7E)
        out += bytes((lead, trail & 0xFF))
        position += 2
    return bytes(out)


def _guess(raw: bytes) -> str:
    """What undeclared bytes say; only a text with many foreign bytes gives a guess worth having."""
    if raw.count(0) > len(raw) // 4:
        text = _strictly(raw, "utf-16")
        if text is not None:
            return text
    if sum(byte > 127 for byte in raw[:_SAMPLE]) >= _ENOUGH_TO_GUESS:
        best = from_bytes(raw[:_SAMPLE]).best()
        text = _strictly(raw, best.encoding) if best is not None else None
        if text is not None:
            return text
    return _western(raw)


def _western(raw: bytes) -> str:
    """Windows-1252, with the five bytes it leaves undefined as themselves."""
    return raw.decode("cp1252", errors="onethread-latin1")


def _undefined_as_latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("onethread-latin1", _undefined_as_latin1)


def _without_nul(text: str) -> str:
    """Neither database stores NUL, and half a surrogate pair cannot be written out again."""
    text = text.replace("\x00", "")
    if text.isascii():
        return text
    text = text.removeprefix("\ufeff")
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
