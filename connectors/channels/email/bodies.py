"""A mail's parts into words, HTML and files: what was meant to be read is the body, everything else is attached."""

from __future__ import annotations

import binascii
import html
import mimetypes
import quopri
import re
from email.message import Message
from typing import Any, NamedTuple

import msgspec

from connectors.channels.email.charsets import decode
from connectors.channels.email.headers import Headers, Value, parameters, safe_filename, unbase64
from connectors.channels.email.plaintext import Rendered, render
from hub.ports.message import AttachmentIn

MAX_DEPTH = 50
MAX_PARTS = 1_000
MAX_TEXT = 1_500_000
MAX_HTML = 2_000_000

_UU_BEGIN = re.compile(rb"^begin [0-7]{3} ([^\r\n]{1,255})\r?$", re.MULTILINE)
_SIGNATURES = {"application/pgp-signature": "PGP", "application/pkcs7-signature": "S/MIME",
               "application/x-pkcs7-signature": "S/MIME"}  # fmt: skip
_SEALED = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_PROSE = {"text/plain", "text/html", "text/enriched", "text/markdown"}
_FOR_PROGRAMS = {"text/calendar", "text/rfc822-headers", "text/csv", "text/vcard", "text/x-vcard"}
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
_CID = re.compile(r"cid:([^\s\"'<>)]+)", re.IGNORECASE)
_NEEDS_HTML = re.compile(r"html.{0,80}(?:e-?mail|mail|viewer|client|message)|(?:e-?mail|mail|viewer).{0,80}html", re.I)


class Part(Message):
    """A MIME part whose own reads are linear: the standard library's take seconds on a hostile Content-Type."""

    stored: object = ""
    _fields: Headers | None = None
    _content: Value | None = None

    def set_raw(self, name: str, value: Any) -> None:
        """The parser adds the fields first; what was read of them before is not kept."""
        self._fields = self._content = None
        super().set_raw(name, value)

    def set_payload(self, payload: Any, charset: Any = None) -> None:
        """Keep the content as it came: `get_payload` would replace raw 8-bit bytes by question marks."""
        self.stored = payload
        super().set_payload(payload, charset)

    def fields(self) -> Headers:
        if self._fields is None:
            self._fields = Headers((name, value.encode("ascii", "surrogateescape")) for name, value in self.raw_items())
        return self._fields

    def content(self) -> Value:
        """The Content-Type; asked for a dozen times while a mail is read."""
        if self._content is None:
            raw = next((value for name, value in self.raw_items() if name.strip().lower() == "content-type"), "")
            whole = raw.encode("ascii", "surrogateescape")[:8192]
            self._content = parameters(whole.replace(b"\r", b" ").replace(b"\n", b" "))
        return self._content

    def get_content_type(self) -> str:
        kind = self.content().value.split(" ")[0]
        return kind if kind.count("/") == 1 else self.get_default_type()

    def get_content_maintype(self) -> str:
        return self.get_content_type().partition("/")[0]

    def get_content_subtype(self) -> str:
        return self.get_content_type().partition("/")[2]

    def get_boundary(self, failobj: object = None) -> str | None:  # type: ignore[override]
        boundary = self.content().params.get("boundary", "").rstrip()
        return boundary or None


class Contents(msgspec.Struct, kw_only=True):
    """What a mail holds, sorted."""

    text: str = ""
    html: str = ""
    quoted_from: int | None = None
    attachments: list[AttachmentIn] = []
    details: dict[str, object] = {}


class _Piece(NamedTuple):
    """A stretch of body: its plain form, its HTML form, None where it came without."""

    plain: str | None = None
    html: str | None = None


class _Reader:
    """Walks one mail once; remembers the files and peculiarities met on the way."""

    def __init__(self) -> None:
        self.attachments: list[AttachmentIn] = []
        self.details: dict[str, object] = {}
        self.parts = 0

    def piece(self, part: Part, depth: int = 0) -> _Piece:
        self.parts += 1
        if self.parts > MAX_PARTS or depth > MAX_DEPTH:
            self.details["shortened"] = True
            return _Piece()
        kind = part.get_content_type()
        if part.is_multipart() and kind.startswith("multipart/"):
            return self._several(part, kind, depth)
        return self._leaf(part, kind)

    def _several(self, part: Part, kind: str, depth: int) -> _Piece:
        if kind == "multipart/encrypted":
            self.details["encrypted"] = "PGP"
        pieces = [self.piece(child, depth + 1) for child in children(part)]
        if kind == "multipart/alternative":
            plains = [each.plain for each in pieces if each.plain and each.plain.strip()]
            pages = [each.html for each in pieces if each.html and each.html.strip()]
            return _Piece(plains[0] if plains else None, pages[-1] if pages else None)
        return _together([each for each in pieces if each != _Piece()])

    def _leaf(self, part: Part, kind: str) -> _Piece:
        fields = part.fields()
        if kind in _SIGNATURES:
            self.details["signed"] = _SIGNATURES[kind]
            return _Piece()
        if kind in _SEALED:
            self._sealed(part)
        if kind == "text/calendar":
            self.details["calendar"] = part.content().params.get("method", "publish").upper()
        if _is_body(fields, kind):
            return self._words(part, kind)
        self.attachments.append(_attachment(part, fields, kind))
        return _Piece()

    def _sealed(self, part: Part) -> None:
        sealed = "signed" if "signed" in part.content().params.get("smime-type", "") else "encrypted"
        self.details[sealed] = "S/MIME"

    def _words(self, part: Part, kind: str) -> _Piece:
        raw = body_bytes(part)
        if kind != "text/html" and b"\nbegin " in b"\n" + raw[:MAX_TEXT]:
            raw = self._without_uuencoded(raw)
        params = part.content().params
        decoded = decode(raw, params.get("charset", ""))
        if decoded.guessed:
            self.details["charset_guessed"] = True
        text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
        if kind == "text/html":
            return _Piece(html=text)
        if params.get("format", "").lower() == "flowed":
            text = _unflowed(text, delete_space=params.get("delsp", "").lower() == "yes")
        if "-----BEGIN PGP MESSAGE-----" in text:
            self.details["encrypted"] = "PGP"
        return _Piece(plain=text)

    def _without_uuencoded(self, raw: bytes) -> bytes:
        """Files written into the text itself, as old programs do, become attachments."""
        rest, out = raw, b""
        while (begin := _UU_BEGIN.search(rest)) and len(self.attachments) < MAX_PARTS:
            end = re.compile(rb"^end\s*$", re.MULTILINE).search(rest, begin.end())
            data = _uudecoded(rest[begin.end() : end.start()]) if end else b""
            if not end or not data:
                return out + rest
            name = safe_filename(decode(begin[1]).text)
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            self.attachments.append(AttachmentIn(filename=name or "file", content_type=kind, data=data))
            out, rest = out + rest[: begin.start()], rest[end.end() :]
        return out + rest


def read(root: Part) -> Contents:
    """Everything a mail holds, sorted."""
    reader = _Reader()
    piece = reader.piece(root)
    contents = Contents(attachments=reader.attachments, details=reader.details)
    page = piece.html or ""
    rendered = render(page) if page.strip() else Rendered("", None)
    contents.text, contents.quoted_from = _readable(piece.plain or "", rendered)
    contents.html = page if len(page) <= MAX_HTML else ""
    if len(contents.text) > MAX_TEXT or len(page) > MAX_HTML:
        contents.text = contents.text[:MAX_TEXT]
        contents.details["shortened"] = True
    contents.attachments = _placed(reader.attachments, page)
    return contents


def children(part: Part) -> list[Part]:
    """The parts inside a part."""
    # Of a part that is no container `get_payload` reads the content, and raises at odd charsets.
    payload = part.get_payload() if part.is_multipart() else ()
    return [each for each in payload if isinstance(each, Part)]


def body_bytes(part: Part) -> bytes:
    """A part's content with its transfer encoding undone, whatever is wrong with it."""
    if part.is_multipart():
        return b"\n".join(_as_bytes(each) for each in children(part))
    raw = str(part.stored).encode("ascii", "surrogateescape")
    encoding = parameters(part.fields().raw("content-transfer-encoding")).value.strip().replace(" ", "")
    if encoding == "base64":
        return unbase64(raw)
    if encoding.startswith("quoted-printable"):
        return quopri.decodestring(raw)
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        begin = _UU_BEGIN.search(raw)
        return _uudecoded(raw[begin.end() :] if begin else raw) or raw
    return raw


def _as_bytes(part: Part) -> bytes:
    try:
        return part.as_bytes(policy=part.policy.clone(max_line_length=0, mangle_from_=False))
    except Exception:  # the generator raises half a dozen kinds on mails that the parser took
        return str(part.stored).encode("utf-8", "surrogateescape")


def _uudecoded(block: bytes) -> bytes:
    out = b""
    for line in block.splitlines():
        if line.strip() == b"end":
            break
        if not line.strip():
            continue
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            # Encoders that pad too much; the first sign says how many bytes there are.
            wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out += binascii.a2b_uu(line[:wanted])
            except binascii.Error:
                return b""
    return out


def _is_body(fields: Headers, kind: str) -> bool:
    """Text is read where it stands, unless it was attached or is text only to programs."""
    if not kind.startswith("text/") or kind in _FOR_PROGRAMS:
        return False
    disposition = fields.value("content-disposition")
    if disposition.value.startswith("attachment") or disposition.params.get("filename"):
        return False
    return kind in _PROSE or not _names(fields).get("name")


def _names(fields: Headers) -> dict[str, str]:
    return fields.value("content-type").params


def _attachment(part: Part, fields: Headers, kind: str) -> AttachmentIn:
    disposition = fields.value("content-disposition")
    name = disposition.params.get("filename") or _names(fields).get("name") or ""
    content_id = fields.text("content-id").strip("<> ") or fields.text("x-attachment-id")
    return AttachmentIn(
        filename=safe_filename(name) or _made_up_name(part, kind),
        content_type=kind if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else "application/octet-stream",
        data=body_bytes(part),
        content_id=content_id,
        inline=disposition.value.startswith("inline"),
    )


def _made_up_name(part: Part, kind: str) -> str:
    if kind == "message/rfc822":
        inner = children(part)
        subject = safe_filename(inner[0].fields().text("subject").replace("/", "-")) if inner else ""
        return (subject[:100] or "mail") + ".eml"
    if kind == "text/calendar":
        return "invite.ics"
    family = kind.partition("/")[0]
    return (family if family in ("image", "audio", "video") else "file") + (mimetypes.guess_extension(kind) or "")


def _together(pieces: list[_Piece]) -> _Piece:
    """Stretches that follow one another; a form that one of them lacks is made from the other."""
    if len(pieces) < 2:
        return pieces[0] if pieces else _Piece()
    plain = page = None
    if any(each.plain is not None for each in pieces):
        plain = "\n".join(each.plain if each.plain is not None else render(each.html or "").text for each in pieces)
    if any(each.html is not None for each in pieces):
        page = "\n".join(each.html if each.html is not None else as_html(each.plain or "") for each in pieces)
    return _Piece(plain, page)


def as_html(text: str) -> str:
    """Plain text as the simplest HTML that shows it."""
    return "<div>" + html.escape(text.strip("\n"), quote=False).replace("\n", "<br>\n") + "</div>"


def _readable(plain: str, rendered: Rendered) -> tuple[str, int | None]:
    """The text people read: the plain part when it has the words, else those of the HTML."""
    plain = plain.strip("\n").rstrip()
    if not rendered.text.strip():
        return plain, None
    refuses = len(plain) < 400 and len(rendered.text) > len(plain) and bool(_NEEDS_HTML.search(plain))
    if not plain.strip() or refuses or _letters(plain) < _letters(rendered.text) * 0.6:
        return rendered.text, rendered.quoted_from
    return plain, None


def _letters(text: str) -> int:
    text = text[:MAX_TEXT]
    if text.isascii():
        return len(text.encode("ascii").translate(None, _NO_LETTERS))
    return sum(map(str.isalnum, text))


def _unflowed(text: str, delete_space: bool) -> str:
    """Undo RFC 3676: a line that ends in a space goes on in the next one of the same quote depth."""
    paragraphs: list[list[str]] = []
    flowing = False
    previous = ""
    for line in text.split("\n"):
        depth = line[: len(line) - len(line.lstrip(">"))]
        words = line[len(depth) :].removeprefix(" ")
        if flowing and depth == previous and words != "-- ":
            paragraphs[-1].append(words)
        else:
            paragraphs.append([depth + (" " if depth else ""), words])
        flowing = words.endswith(" ") and words != "-- "
        previous = depth
        if flowing and delete_space:
            paragraphs[-1][-1] = words[:-1]
    return "\n".join(map("".join, paragraphs))


def _placed(attachments: list[AttachmentIn], page: str) -> list[AttachmentIn]:
    """A file is inline when the HTML shows it; a content id that nothing names is an ordinary file."""
    shown = {html.unescape(each).strip("<>").lower() for each in _CID.findall(page)}
    return [
        msgspec.structs.replace(each, inline=bool(each.content_id) and each.content_id.lower() in shown)
        for each in attachments
    ]
