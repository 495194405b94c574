"""What each part of the hub's addresses is: how large a body it takes, what a browser may do with it, whose it is."""

from __future__ import annotations

from typing import Literal

import msgspec

Body = Literal["body_bytes", "reply_bytes", "message_bytes", "webhook_bytes", "upload_bytes"]


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """The rules for all paths that start with `prefix`."""

    prefix: str
    # Which of the limits its bodies have.
    body: Body = "body_bytes"
    # Programs come here with a token or a signature; everybody else is counted by their address.
    is_for_programs: bool = False
    # A browser may show it as a page; the rest is data and shows nothing.
    has_pages: bool = False
    # It acts on a session's cookie, so whatever changes something has to come from our own pages.
    own_origin: bool = False


# The first whose prefix fits counts.
SURFACES = (
    Surface(prefix="/api/v1/messages", body="message_bytes", is_for_programs=True),
    Surface(prefix="/api/v1/conversations/", body="reply_bytes", is_for_programs=True),
    Surface(prefix="/api/v1/customers/", body="reply_bytes", is_for_programs=True),
    Surface(prefix="/api/", is_for_programs=True),
    Surface(prefix="/static/"),
    Surface(prefix="/widget/attachments", body="upload_bytes"),
    Surface(prefix="/widget/", has_pages=True),
    Surface(prefix="/widget.js"),
    # The shop's own pages post here, from their own origin.
    Surface(prefix="/forms/", body="upload_bytes", has_pages=True),
    Surface(prefix="/hooks/", body="webhook_bytes", is_for_programs=True),
    Surface(prefix="/console/attachments", body="upload_bytes", own_origin=True),
    Surface(prefix="/", has_pages=True, own_origin=True),
)


def surface_of(path: str) -> Surface:
    return next(surface for surface in SURFACES if path.startswith(surface.prefix))


def page_policy(nonce: str, *, ancestors: str = "'none'") -> str:
    """The Content-Security-Policy of a page: the scripts that it names, and nothing from elsewhere."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' blob: data:",
            "media-src 'self' blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "frame-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
            "object-src 'none'",
            "require-trusted-types-for 'script'",
        )
    )


DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
