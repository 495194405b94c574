"""HTML that others wrote, made safe to show: an allow-list, by a parser; what is not known to be harmless goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape

import nh3
from selectolax.lexbor import LexborHTMLParser

_MAX_DEPTH = 5_000
_MAX_EMBEDDED = 500_000
_MAX_EMBEDDED_TOGETHER = 3_000_000

_TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "ol",
    "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_GONE_WITH_CONTENT = {
    "applet", "audio", "button", "canvas", "embed", "frame", "frameset", "head", "iframe", "input", "link", "map",
    "math", "meta", "noembed", "noframes", "noscript", "object", "option", "plaintext", "script", "select", "style",
    "svg", "template", "textarea", "title", "video", "xmp",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"align", "bgcolor", "color", "dir", "height", "lang", "style", "title", "valign", "width"},
    "a": {"href"},
    "blockquote": {"type"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"face", "size"},
    "img": {"alt", "border", "src"},
    "li": {"value"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "nowrap", "rowspan"},
    "th": {"colspan", "nowrap", "rowspan", "scope"},
    "time": {"datetime"},
    "ul": {"type"},
}
_STYLES = {
    "background", "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width", "color",
    "direction", "display", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height",
    "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "max-width", "min-width", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top",
    "text-align", "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width",
    "word-break", "word-wrap",
}  # fmt: skip

_TAG = re.compile(r"<(/?)([a-zA-Z]{1,20})")
_ANY_TAG = re.compile(r"<[^<>]{0,10000}>")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_IGNORED_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\ufeff]+")
_LINK = re.compile(r"^(?:https?://|mailto:|tel:)", re.IGNORECASE)
_REMOTE = re.compile(r"^(?:https?:)?//", re.IGNORECASE)
_PICTURE = re.compile(r"^data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]*$", re.IGNORECASE)
_FUNCTION = re.compile(r"([a-z-]*)\s*\(", re.IGNORECASE)
_HARMLESS_FUNCTIONS = {"rgb", "rgba", "hsl", "hsla", "calc"}


def clean(html: str, images: Mapping[str, str], remote: bool = False) -> str:
    """The HTML with nothing in it that runs, loads, submits or leaves its place.

    `images` gives the address at which each content id's picture is served. Pictures from elsewhere are dropped
    unless `remote`: loading one tells its server who reads, when and where.
    """
    if _is_too_deep(html):
        return f"<p>{escape(unescape(_ANY_TAG.sub(' ', html)), quote=False)}</p>"
    keep = _Keeper(images, remote)
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_GONE_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
        filter_style_properties=_STYLES,
        strip_comments=True,
    )


def remote_images(html: str) -> int:
    """How many pictures `clean` leaves out because they would be loaded from elsewhere."""
    if _is_too_deep(html):
        return 0
    images = LexborHTMLParser(html).css("img")
    return sum(bool(_REMOTE.match(_url(image.attributes.get("src") or ""))) for image in images)


class _Keeper:
    """Decides on each attribute that the allow-list lets through; None drops it."""

    def __init__(self, images: Mapping[str, str], remote: bool) -> None:
        self._images = {name.strip("<>").lower(): url for name, url in images.items()}
        self._remote = remote
        self._embedded = 0

    def __call__(self, tag: str, attribute: str, value: str) -> str | None:
        if attribute == "href":
            url = _url(value)
            return url if _LINK.match(url) else None
        if attribute == "src":
            return self._picture(_url(value))
        if attribute == "style":
            return _style(value)
        return value

    def _picture(self, url: str) -> str | None:
        if url.lower().startswith("cid:"):
            return self._images.get(unescape(url[4:]).strip("<>").lower())
        if _PICTURE.match(url):
            self._embedded += len(url)
            fits = len(url) <= _MAX_EMBEDDED and self._embedded <= _MAX_EMBEDDED_TOGETHER
            return url if fits else None
        return url if self._remote and url.lower().startswith(("https://", "http://")) else None


def _url(value: str) -> str:
    """An address as browsers read it: without the white space and invisible signs they skip."""
    return _IGNORED_IN_URLS.sub("", value)


def _style(value: str) -> str | None:
    """The declarations that call nothing; one with an escape or a comment in it may hide anything."""
    if "\\" in value or "/*" in value or "@" in value:
        return None
    kept = [each for each in value.split(";") if _is_harmless(each)]
    return ";".join(kept) or None


def _is_harmless(declaration: str) -> bool:
    return all(name.lower() in _HARMLESS_FUNCTIONS for name in _FUNCTION.findall(declaration)) and (
        "javascript" not in declaration.lower()
    )


def _is_too_deep(html: str) -> bool:
    """Whether elements may be nested so deep that a parser, whose time grows with the square of it, takes minutes."""
    open_now = deepest = 0
    for match in _TAG.finditer(html):
        open_now = max(open_now - 1, 0) if match[1] else open_now + (match[2].lower() not in _VOID)
        deepest = max(deepest, open_now)
    return deepest > _MAX_DEPTH
