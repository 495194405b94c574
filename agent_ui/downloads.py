"""Files on their way to a browser: safe pictures may be shown, everything else can only be saved."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from agent_ui.decode import query

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
UNKNOWN = "application/octet-stream"

# Whatever it turns out to be, it runs nothing, loads nothing and belongs to nobody.
POLICY = "sandbox; default-src 'none'"

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_HEAD = 64


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What an upload says about its file."""

    name: Annotated[str, msgspec.Meta(max_length=1000)] = ""


def file_response(row: Any, pieces: AsyncIterator[bytes], *, for_others: bool = False) -> Response:
    """A stored file, piece by piece. `for_others`: also a page that is not, or no longer, of our origin may show it."""
    is_picture = row.image and row.content_type in PICTURES
    return StreamingResponse(
        pieces,
        media_type=row.content_type if is_picture else UNKNOWN,
        headers={
            "content-length": str(row.size),
            "content-disposition": disposition(row.filename, inline=is_picture),
            "content-security-policy": POLICY,
            # A sandboxed page of its own may not open under a policy for openers.
            "cross-origin-opener-policy": "unsafe-none",
            "cross-origin-resource-policy": "cross-origin" if for_others else "same-origin",
        },
    )


def disposition(filename: str, *, inline: bool = False) -> str:
    """The header that names a file (RFC 6266): plainly for old programs, exactly for all others."""
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", filename)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def named_file(request: Request) -> tuple[str, str]:
    """The name and the type that an upload says its file has."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return query(request, Named).name, said if _TYPE.fullmatch(said) else UNKNOWN


async def with_head(chunks: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """The first bytes of a stream, and the whole stream."""
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD:
            break

    async def whole() -> AsyncIterator[bytes]:
        yield head
        async for chunk in chunks:
            yield chunk

    return head[:_HEAD], whole()
