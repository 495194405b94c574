"""Header fields as somebody really wrote them: encoded words, parameters, ids; every read is linear."""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from connectors.channels.email.charsets import codec_of, decode

MAX_FIELD = 65_536
MAX_FIELDS = 2_000
MAX_IDS = 200
_MAX_TEXT = 4_000

# Bounded, so that a field full of openings without an end stays cheap.
_WORD = re.compile(rb"=\?([\w.:+@-]{1,40})(?:\*[\w-]{0,20})?\?([bBqQ])\?([^\r\n]{0,4000}?)\?=")
_FOLD = re.compile(rb"\r?\n[ \t]*|\r[ \t]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]+")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")
_ESCAPED = re.compile(rb'\\(["\\])')
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_SECTION = re.compile(r"^(.+?)\*(\d{1,3})?(\*)?$")
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/")))
_ID = re.compile(r"<([^<>]{1,998})>")


class Value(NamedTuple):
    """A field with parameters, such as Content-Type: its leading value and its parameters, decoded."""

    value: str
    params: dict[str, str]


class Headers:
    """The fields of one mail or part, top to bottom; names are compared without case."""

    def __init__(self, fields: Iterable[tuple[str, bytes]], charset: str = "") -> None:
        self.fields = [(name.strip().lower(), value[:MAX_FIELD]) for name, value in fields][:MAX_FIELDS]
        self.charset = charset
        self._named: dict[str, list[bytes]] = {}
        for name, value in self.fields:
            self._named.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._named

    def raw(self, name: str) -> bytes:
        """The first field of this name as it stands, unfolded; b'' when there is none."""
        return unfold(self._named[name][0]) if name in self._named else b""

    def raws(self, *names: str) -> list[bytes]:
        """All fields of these names in the order of the names, unfolded."""
        return [unfold(value) for name in names for value in self._named.get(name, ())]

    def text(self, name: str) -> str:
        """The first field of this name, decoded for reading."""
        return self.decoded(self.raw(name))

    def decoded(self, raw: bytes) -> str:
        """A field's bytes as text: encoded words, raw 8-bit bytes, no control characters."""
        return clean(decode_words(raw, self.charset))[:_MAX_TEXT] if raw else ""

    def value(self, name: str) -> Value:
        """The first field of this name with its parameters."""
        return parameters(self.raw(name), self.charset)

    def ids(self, *names: str) -> list[str]:
        """Message ids in these fields, in order, without angle brackets, each once."""
        found = [each for raw in self.raws(*names) for each in message_ids(decode(raw).text)]
        return list(dict.fromkeys(found))

    def date(self, name: str) -> datetime | None:
        """The field as a time in UTC, None where it says none."""
        try:
            parsed = parsedate_to_datetime(self.raw(name)[:200].decode("ascii", "ignore"))
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        try:
            return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        except (ValueError, OverflowError):
            return None


def unfold(value: bytes) -> bytes:
    """One line out of a folded field."""
    return (_FOLD.sub(b" ", value) if b"\n" in value or b"\r" in value else value).strip()


def clean(text: str) -> str:
    """No control characters, no line ends: safe to show on one line."""
    return (text if text.isprintable() else _CONTROL.sub(" ", text.replace("\t", " "))).strip()


def decode_words(raw: bytes, charset: str = "") -> str:
    """RFC 2047 as it is met: words split inside a character, in quotes, with spaces, beside raw 8-bit bytes."""
    if b"=?" not in raw:
        return decode(raw, charset).text
    out: list[str] = []
    pending, pending_charset, end = b"", "", 0
    for match in _WORD.finditer(raw):
        between = raw[end : match.start()]
        declared, content = match[1].decode("ascii"), _word_bytes(match)
        joins = pending_charset and not between.strip() and codec_of(declared) == codec_of(pending_charset)
        if joins and _stateless(declared):
            pending += content
        else:
            out.append(decode(pending, pending_charset).text)
            if between.strip() or not pending_charset:
                out.append(decode(between, charset).text)
            pending, pending_charset = content, declared
        end = match.end()
    out += [decode(pending, pending_charset).text, decode(raw[end:], charset).text]
    return "".join(out)


def _stateless(declared: str) -> bool:
    return codec_of(declared) != "utf-7" and not codec_of(declared).startswith("iso-2022")


def _word_bytes(match: re.Match[bytes]) -> bytes:
    content = match[3]
    if match[2] in b"bB":
        return unbase64(content)
    return _QUOTED.sub(lambda code: bytes((int(code[1], 16),)), content.replace(b"_", b" "))


def unbase64(raw: bytes) -> bytes:
    """Base64 with junk in it and without its padding; what can be read is read."""
    letters = (raw.split(b"=", 1)[0] if raw.rstrip().endswith(b"=") else raw).translate(None, _NOT_BASE64)
    if b"=" in raw.rstrip().rstrip(b"="):
        return _chunked_base64(raw)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return b""


def _chunked_base64(raw: bytes) -> bytes:
    """Several padded runs after one another, as some gateways write them."""
    return b"".join(unbase64(run) for run in re.findall(rb"[^=]+", raw) if run.strip())


def parameters(raw: bytes, charset: str = "") -> Value:
    """A field such as `text/plain; charset=x; name*0*=...` taken apart, RFC 2231 and its misspellings included."""
    value, _, rest = raw.partition(b";")
    plain: dict[str, bytes] = {}
    for name, content in _split_parameters(rest):
        plain.setdefault(name, content)
    return Value(clean(decode(value).text).lower(), _joined(plain, charset))


def _split_parameters(rest: bytes) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    position = 0
    while position < len(rest) and len(found) < 100:
        equals = rest.find(b"=", position)
        if equals < 0:
            break
        name = rest[position:equals].rpartition(b";")[2].strip().strip(b'"').lower()
        content, position = _parameter_value(rest, equals + 1)
        found.append((name.decode("ascii", "replace"), content))
    return found


def _parameter_value(rest: bytes, start: int) -> tuple[bytes, int]:
    while start < len(rest) and rest[start : start + 1] in b" \t":
        start += 1
    if rest[start : start + 1] != b'"':
        end = rest.find(b";", start)
        end = len(rest) if end < 0 else end
        return rest[start:end].strip(), end + 1
    position = start + 1
    while position < len(rest) and rest[position : position + 1] != b'"':
        position += 2 if rest[position : position + 2] in (b'\\"', b"\\\\") else 1
    content = _ESCAPED.sub(rb"\1", rest[start + 1 : position])
    end = rest.find(b";", position)
    return content, len(rest) if end < 0 else end + 1


def _joined(plain: dict[str, bytes], charset: str) -> dict[str, str]:
    """Continuations put together and decoded; the extended form wins over the plain one."""
    result: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, bytes]]] = {}
    for name, content in plain.items():
        match = _SECTION.match(name)
        if match:
            sections.setdefault(match[1], []).append((int(match[2] or 0), bool(match[3] or not match[2]), content))
        else:
            result[name] = clean(decode_words(content, charset))
    for name, pieces in sections.items():
        result[name] = _extended(sorted(pieces), charset)
    return result


def _extended(pieces: list[tuple[int, bool, bytes]], charset: str) -> str:
    declared = ""
    out = b""
    for number, (_, encoded, content) in enumerate(pieces):
        if encoded and number == 0 and content.count(b"'") >= 2:
            name, _, content = content.split(b"'", 2)
            declared = name.decode("ascii", "replace")
        out += _PERCENT.sub(lambda code: bytes((int(code[1], 16),)), content) if encoded else content
    text = decode(out, declared or charset).text
    return clean(decode_words(out, charset) if "=?" in text else text)


def safe_filename(name: str) -> str:
    """A name to show and to offer for saving: no path, no control or direction characters, at most 255 bytes."""
    name = _BIDI.sub("", clean(name)).replace("\\", "/").rstrip("/ ").rpartition("/")[2].strip(" .\"'")
    while len(name.encode("utf-8", "replace")) > 255:
        stem, dot, suffix = name.rpartition(".")
        name = stem[:-1] + dot + suffix if dot and stem and len(suffix) < 20 else name[:-1]
    return name


def message_ids(text: str) -> list[str]:
    """The ids in a field: in angle brackets, or bare and separated by white space or commas."""
    bracketed = [each.strip() for each in _ID.findall(text)]
    found = bracketed or [each.strip("<>") for each in re.split(r"[\s,]+", text)]
    return [each for each in found if each][:MAX_IDS]
