"""Text as search sees it: words without case and accents, the same on both databases, at indexing and in a query."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# A word longer than this is cut: PostgreSQL refuses lexemes over 2 KB, and nobody types one.
LONGEST = 64

# Scripts written without spaces: each sign is a word of its own there, a run of them a phrase.
_SIGN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_SIGN += "\U00020000-\U0003ffff"
# Kana with and without their voicing marks are different letters.
_KEPT_MARKS = "\u3099\u309a"
_MARKS = "".join(
    sign for sign in map(chr, range(0x300, 0xFE30)) if unicodedata.category(sign)[0] == "M" and sign not in _KEPT_MARKS
)
# Letters that Unicode does not take apart, as people without them on their keyboard type them.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})

_ASCII_WORD = re.compile(r"[a-z0-9]+")
_WORD = re.compile(f"(?:[^\\W_]|[{_MARKS}{_KEPT_MARKS}])+")
_MARK = re.compile(f"[{_MARKS}]+")
_PIECE = re.compile(f"[{_SIGN}]|[^\\W_{_SIGN}]+")
_PLACED_PIECE = re.compile(f"[{_SIGN}][{_MARKS}{_KEPT_MARKS}]*|(?:[^\\W_{_SIGN}]|[{_MARKS}{_KEPT_MARKS}])+")


def words_of(text: str) -> list[str]:
    """The words of a text in their order, folded."""
    if text.isascii():
        found = _ASCII_WORD.findall(text.lower())
    else:
        found = _PIECE.findall(_fold(" ".join(_WORD.findall(text))))
    return [word[:LONGEST] for word in found]


def words_with_places(text: str) -> Iterator[tuple[str, int, int]]:
    """The same words, each with where it starts and ends in the text as it was written."""
    for word in _WORD.finditer(text):
        if word.group().isascii():
            yield word.group().lower()[:LONGEST], word.start(), word.end()
            continue
        for piece in _PLACED_PIECE.finditer(word.group()):
            for folded in _PIECE.findall(_fold(piece.group())):
                yield folded[:LONGEST], word.start() + piece.start(), word.start() + piece.end()


def _fold(text: str) -> str:
    taken_apart = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)
    return unicodedata.normalize("NFC", _MARK.sub("", taken_apart))
