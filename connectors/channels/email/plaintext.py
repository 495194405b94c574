"""HTML as text that reads well, with the place where a mail program began to quote."""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML = 4_000_000

_DROPPED = {"script", "style", "head", "title", "meta", "template", "noscript", "object", "svg", "math", "link"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main",
    "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
}  # fmt: skip
_SPACED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "dl"}
_MAX_DEPTH = 5_000
_TAG = re.compile(r"<(/?)([a-zA-Z]{1,20})")
_ANY_TAG = re.compile(r"<[^<>]{0,10000}>")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# White space that is more than one space.
_SPACE = re.compile(r"[\t\r\n\f][ \t\r\n\f]*| [ \t\r\n\f]+")
_OUTLOOK_RULE = re.compile(r"border-top\s*:\s*solid\s+#(?:E1E1E1|B5C4DF)", re.IGNORECASE)
_QUOTE_CLASSES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "tutanota_quote", "zmail_extra")
_QUOTE_IDS = ("divrplyfwdmsg", "appendonsend", "olk_src_body_section", "mail-editor-reference-message-container")


class Rendered(NamedTuple):
    """The text, and the index at which the mail program's own markup says that a quote starts."""

    text: str
    quoted_from: int | None


def to_text(html: str) -> str:
    """The words of a page or mail, without scripts, styles or hidden heads."""
    return render(html).text


def render(html: str) -> Rendered:
    """The same, with the place where quoted history starts."""
    if is_too_deep(html):
        return Rendered(without_tags(html[:MAX_HTML]), None)
    root = LexborHTMLParser(html[:MAX_HTML]).root
    writer = _Writer()
    if root is not None:
        _walk(root, writer)
    return writer.finish()


def is_too_deep(html: str) -> bool:
    """Whether elements may be nested so deep that reading them takes a parser minutes."""
    open_now = deepest = 0
    for match in _TAG.finditer(html):
        open_now = max(open_now - 1, 0) if match[1] else open_now + (match[2].lower() not in _VOID)
        deepest = max(deepest, open_now)
    return deepest > _MAX_DEPTH


def without_tags(html: str) -> str:
    """The bare words of markup that no parser should be asked to read."""
    return unescape(_ANY_TAG.sub(" ", html)).strip()


class _Writer:
    """Puts words into lines: collapses white space, knows quotes and lists."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.current: list[str] = []
        self.gap = False
        self.depth = 0
        self.verbatim = 0
        self.quote_line: int | None = None
        self.quote_end: int | None = None

    def word(self, text: str) -> None:
        if self.verbatim:
            first, *rest = text.split("\n")
            self.current.append(first)
            for line in rest:
                self.line()
                self.current.append(line)
            return
        text = _SPACE.sub(" ", text)
        if not self.current or self.current[-1].endswith((" ", "\t")):
            text = text.removeprefix(" ")
        if text:
            self.current.append(text)

    def line(self, force: bool = False) -> None:
        text = "".join(self.current).rstrip(" \t\r").replace("\xa0", " ")
        self.current = []
        if not text.strip() and not force and not self.verbatim:
            return
        if self.gap and self.lines:
            self.lines.append("> " * self.depth)
        self.gap = False
        self.lines.append("> " * self.depth + text)

    def space(self) -> None:
        self.line()
        self.gap = bool(self.lines) and bool(self.lines[-1].strip("> "))

    def quote_starts(self) -> None:
        self.line()
        if self.quote_line is None:
            self.quote_line = len(self.lines)

    def quote_ends(self) -> None:
        self.line()
        self.quote_end = len(self.lines)

    def finish(self) -> Rendered:
        self.line()
        lines = [line.rstrip() for line in self.lines]
        text = "\n".join(lines)
        start = self.quote_line
        if start is None or start >= len(lines) or (self.quote_end and any(lines[self.quote_end :])):
            return Rendered(text.strip("\n"), None)
        index = sum(len(line) + 1 for line in lines[:start])
        lead = len(text) - len(text.lstrip("\n"))
        return Rendered(text.strip("\n"), max(index - lead, 0))


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Depth first without recursion: mails nest ten thousand deep."""
    opened: list[tuple[LexborNode, str]] = []
    node = root
    while True:
        tag = node.tag or ""
        if tag == "-text":
            writer.word(node.text_content or "")
        elif tag not in _DROPPED and not tag.startswith("-"):
            _enter(node, tag, writer)
            if node.child is not None:
                opened.append((node, tag))
                node = node.child
                continue
            _leave(node, tag, writer)
        while node.next is None:
            if not opened:
                return
            node, tag = opened.pop()
            _leave(node, tag, writer)
        node = node.next


def _enter(node: LexborNode, tag: str, writer: _Writer) -> None:
    if tag == "br":
        writer.line(force=True)
    elif tag in ("td", "th") and writer.current:
        writer.current.append("\t")
    elif tag == "img":
        writer.word(_emoji(node))
    elif tag in _BLOCKS:
        writer.space() if tag in _SPACED else writer.line()
        if tag == "li":
            writer.current.append("- ")
        writer.verbatim += tag == "pre"
    quote = _quotes(node, tag)
    if quote:
        writer.quote_starts()
        writer.depth += quote == "cite"


def _leave(node: LexborNode, tag: str, writer: _Writer) -> None:
    quote = _quotes(node, tag)
    if quote:
        writer.line()
        writer.depth -= quote == "cite"
        if quote != "below":
            writer.quote_ends()
    if tag in _SPACED:
        writer.space()
    elif tag in _BLOCKS:
        writer.line()
    writer.verbatim -= tag == "pre"


def _quotes(node: LexborNode, tag: str) -> str:
    """How this element quotes: `cite` (indented), `inside` it, `below` it (what follows too), '' not at all."""
    if tag not in ("blockquote", "div", "span", "table"):
        return ""
    attributes = node.attributes
    classes = (attributes.get("class") or "").lower()
    if tag == "blockquote":
        cited = (attributes.get("type") or "").lower() == "cite" or "quote" in classes
        return "cite" if cited else ""
    # Outlook on phones writes x_ before every name of the mail it quotes.
    if (attributes.get("id") or "").lower().removeprefix("x_") in _QUOTE_IDS:
        return "below"
    if _OUTLOOK_RULE.search(attributes.get("style") or ""):
        return "below"
    if "moz-cite-prefix" in classes:
        return "below"
    return "inside" if any(name in classes for name in _QUOTE_CLASSES) else ""


def _emoji(node: LexborNode) -> str:
    alt = node.attributes.get("alt") or ""
    return alt if alt and len(alt) <= 8 and not alt.isascii() else ""
