"""The frames of both sockets as Python types. `README.md` describes them; a test holds the two together."""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Any, Literal

import msgspec

from hub.errors import Malformed
from hub.services.visitor_screen import Me, VisitorMessage


class Watch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a console looks at, so that a snapshot can hold it. A floor of None asks for the first page."""

    view: str = "mine"
    view_floor: tuple[int, int] | Literal["all"] | None = None
    customer: int | None = None
    entries_floor: tuple[datetime, int] | Literal["all"] | None = None


class Hello(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The console's first frame."""

    position: str | None = None
    watch: Watch = Watch()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The page of the shop on which a widget stands."""

    url: str = ""
    title: str = ""


class WidgetHello(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The widget's first frame."""

    account: str = ""
    token: str | None = None
    identity: str | None = None
    position: str | None = None
    language: str = ""
    page: Page = Page()


class WidgetBrand(msgspec.Struct, frozen=True, kw_only=True):
    """How the shop wants its chat to look."""

    accent: str
    on_accent: str
    radius: int
    logo_text: str
    # As the shop's pages are; None: as the visitor likes it.
    theme: Literal["light", "dark"] | None


class WidgetAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The account behind a widget, as visitors may know it."""

    name: str
    label: str
    language: str
    brand: WidgetBrand


class WidgetHours(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody is there, and until when or when again."""

    now: bool
    text: str


class WidgetPace(msgspec.Struct, frozen=True, kw_only=True):
    """How long an answer takes just now."""

    text: str


class WidgetPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who answers."""

    name: str


class WidgetSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All that a widget knows as of its frame's `position`."""

    token: str
    account: WidgetAccount
    open: WidgetHours
    pace: WidgetPace | None
    me: Me
    messages: list[VisitorMessage]
    more: bool
    people: list[WidgetPerson]


NOTHING = msgspec.Raw(b"")


class Frame(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any frame of a client: exactly one of `hello`, `call` (with `do` and `with`) and `tell`."""

    hello: msgspec.Raw = NOTHING
    call: str | None = None
    do: str | None = None
    given: msgspec.Raw = msgspec.field(name="with", default=NOTHING)
    tell: msgspec.Raw = NOTHING


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state of a console as of its frame's `position`."""

    me: int
    company: Any
    agents: Any
    teams: Any
    accounts: Any
    canned: Any
    drafts: Any
    counts: dict[str, int]
    list: Any
    conversation: Any


MAX_KEY = 64
_WHOLE_TEXT = 0x81


def read_frame(text: str) -> Frame:
    """A client's frame. What its parts hold is judged where they are read, so that a call is refused by its answer."""
    try:
        frame = msgspec.json.decode(text, type=Frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise Malformed("This is no frame.") from problem
    if frame.call is not None and not (0 < len(frame.call) <= MAX_KEY and frame.call.isprintable()):
        raise Malformed(f"A call's key has 1 to {MAX_KEY} printable signs.")
    return frame


def events_frame(bodies: list[str], position: str) -> str:
    """A frame of events that were encoded before: joined, not encoded again."""
    return f'{{"events":[{",".join(bodies)}],"position":"{position}"}}'


def packed(text: str) -> bytes:
    """A text frame as it travels from a server (RFC 6455, 5.2): one fragment, not masked, not compressed."""
    body = text.encode()
    size = len(body)
    if size < 126:
        return bytes((_WHOLE_TEXT, size)) + body
    if size < 1 << 16:
        return struct.pack("!BBH", _WHOLE_TEXT, 126, size) + body
    return struct.pack("!BBQ", _WHOLE_TEXT, 127, size) + body


def encode(frame: Any) -> str:
    return msgspec.json.encode(frame).decode()
