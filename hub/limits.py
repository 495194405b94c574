"""Every bound of a hub that can be moved: how much at once, how large, how often, how slowly. Beyond it is refused."""

from __future__ import annotations

from typing import Annotated

import msgspec

KIB = 1024
MIB = 1024 * KIB


def _of(what: str, beyond: str, least: int = 1) -> msgspec.Meta:
    return msgspec.Meta(ge=least, title=what, description=beyond)


def _seconds(what: str, beyond: str) -> msgspec.Meta:
    return msgspec.Meta(gt=0, title=what, description=beyond)


_NEWEST = "the newest is answered 503"
_LARGER = "413"
_OFTENER = "429"


# What a process needs beside its connections: the database, files on their way, what it asks of others.
OWN_FILES = 500


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bounds of one process. Each is a setting `ONETHREAD_LIMIT_…`; `docs/operation.md` lists them."""

    # How much at once
    connections: Annotated[int, _of("open connections, sockets among them", f"{_NEWEST} and closed")] = 20_000
    requests: Annotated[int, _of("requests under way", _NEWEST)] = 4_000
    body_bytes_in_all: Annotated[int, _of("bytes of all bodies under way", _NEWEST)] = 512 * MIB
    writes_waiting: Annotated[int, _of("units that wait for the database's writer", _NEWEST)] = 20_000
    reads_waiting: Annotated[int, _of("views that wait for the database", _NEWEST)] = 10_000
    intake_waiting: Annotated[int, _of("what arrived and was not read yet", "webhooks are answered 503")] = 100_000
    sockets: Annotated[int, _of("open sockets", _NEWEST)] = 16_000
    sockets_per_address: Annotated[int, _of("the same of one network address", _OFTENER)] = 2_000
    sockets_per_agent: Annotated[int, _of("the same of one colleague", "the line ends with `too_many`")] = 16_000
    sockets_per_visitor: Annotated[int, _of("the same of one visitor", "the line ends with `too_many`")] = 100
    hellos: Annotated[int, _of("sockets of a kind that are brought up to date", "the others wait their turn")] = 16
    hellos_waiting: Annotated[
        int, _of("sockets of a kind that wait for that", "told to come again, each at another time")
    ] = 4_000
    returns_per_second: Annotated[int, _of("sockets asked back each second after a restart", "spread wider")] = 200

    # How large
    head_bytes: Annotated[int, _of("a request's head", "the line is cut")] = 32 * KIB
    body_bytes: Annotated[int, _of("a request's body where nothing below fits", _LARGER)] = MIB
    reply_bytes: Annotated[int, _of("the same with files in it: replies and notes of the API", _LARGER)] = 36 * MIB
    message_bytes: Annotated[int, _of("the same: `POST /api/v1/messages`", _LARGER)] = 50 * MIB
    webhook_bytes: Annotated[int, _of("the same: webhooks", _LARGER)] = 5 * MIB
    upload_bytes: Annotated[int, _of("the same: a form, and a file that is uploaded", _LARGER)] = 25 * MIB
    file_bytes: Annotated[int, _of("one file of a message", _LARGER)] = 25_000_000
    frame_bytes: Annotated[int, _of("a frame of a console", "the line is closed (1009)")] = MIB
    visitor_frame_bytes: Annotated[int, _of("a frame of a widget", "the line is closed (1009)")] = 64 * KIB
    unsent_bytes: Annotated[int, _of("what waits for one socket", "it is cut, and resumes")] = 4 * MIB
    unsent_bytes_in_all: Annotated[int, _of("what waits for all of them", "who has most waiting is cut")] = 512 * MIB

    # How often, each minute
    requests_per_token: Annotated[int, _of("requests with one token", _OFTENER)] = 600_000
    requests_per_address: Annotated[int, _of("pages and forms asked for by one address", _OFTENER)] = 6_000
    refusals_per_address: Annotated[int, _of("bad tokens and false webhooks of one address", _OFTENER)] = 600
    sign_ins_per_address: Annotated[int, _of("sign-ins tried by one address", _OFTENER)] = 20
    visitors_per_address: Annotated[int, _of("new visitors of one address", _OFTENER)] = 30
    messages_per_visitor: Annotated[int, _of("messages of one visitor", _OFTENER)] = 30
    calls_per_visitor: Annotated[int, _of("other calls, and news, of one visitor", _OFTENER)] = 120
    files_per_visitor: Annotated[int, _of("files of one visitor, and of one address", _OFTENER)] = 6
    forms_per_address: Annotated[int, _of("forms sent by one address", _OFTENER)] = 2

    # How slowly, in seconds
    head_seconds: Annotated[float, _seconds("for a request's head", "the line is cut")] = 10
    body_seconds: Annotated[float, _seconds("for a body to begin, and on top of its rate", "408")] = 20
    body_bytes_per_second: Annotated[int, _of("a body's slowest rate on the whole, in bytes", "408")] = 4 * KIB
    reader_seconds: Annotated[float, _seconds("in which an answer gets on by no 16 KiB", "the line is cut")] = 20
    hello_seconds: Annotated[float, _seconds("for a socket's hello", "the line is closed")] = 15
    ping_seconds: Annotated[float, _seconds("between pings, and again for their answer", "the line is cut")] = 20
    slow_socket_seconds: Annotated[float, _seconds("for one frame to go out", "the line is cut")] = 60


def within(limits: Limits, files: int) -> Limits:
    """The same, as far as a process that may hold so many files open can keep them."""
    connections = min(limits.connections, max(1, files - OWN_FILES))
    return msgspec.structs.replace(limits, connections=connections, sockets=min(limits.sockets, connections))
