"""What each part of the hub's addresses is: how large a body it takes, what a browser may do with it, whose it is."""

from __future__ import annotations

import msgspec

MIB = 1024 * 1024
# 25 MB of files in base64, and what is around them.
WITH_FILES = 36 * MIB
# What a shop's backend brings may hold more than one large file.
BROUGHT = 50 * MIB
ONE_FILE = 25 * MIB
WEBHOOK = 5 * MIB


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """The rules for all paths that start with `prefix`."""

    prefix: str
    # The largest body in bytes.
    body: int = MIB
    # A browser may show it as a page; the rest is data and shows nothing.
    has_pages: bool = False
    # It acts on a session's cookie, so whatever changes something has to come from our own pages.
    own_origin: bool = False


# The first whose prefix fits counts.
SURFACES = (
    Surface(prefix="/api/v1/messages", body=BROUGHT),
    Surface(prefix="/api/v1/conversations/", body=WITH_FILES),
    Surface(prefix="/api/v1/customers/", body=WITH_FILES),
    Surface(prefix="/api/"),
    Surface(prefix="/static/"),
    Surface(prefix="/widget/attachments", body=ONE_FILE),
    Surface(prefix="/widget/", has_pages=True),
    Surface(prefix="/widget.js"),
    # The shop's own pages post here, from their own origin.
    Surface(prefix="/forms/", body=ONE_FILE, has_pages=True),
    Surface(prefix="/hooks/", body=WEBHOOK),
    Surface(prefix="/console/attachments", body=ONE_FILE, own_origin=True),
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
