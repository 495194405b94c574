"""The few words that the hub itself writes into a mail, in the languages customers are answered in."""

from __future__ import annotations

import re
from typing import NamedTuple


class Words(NamedTuple):
    """One language: above a quote, who wrote it, and the way out for somebody who never wrote to us."""

    above: str
    wrote: str
    disown: str


_WORDS = {
    "en": Words("Please write your answer above this line", "On {at}, {author} wrote:", "Was this not you? Tell us:"),
    "de": Words("Bitte antworten Sie oberhalb dieser Zeile", "Am {at} schrieb {author}:", "Das waren nicht Sie?"),
    "fr": Words("Merci de répondre au-dessus de cette ligne", "Le {at}, {author} a écrit :", "Ce n'était pas vous ?"),
    "es": Words("Escriba su respuesta encima de esta línea", "El {at}, {author} escribió:", "¿No fue usted?"),
    "it": Words("Scriva la risposta sopra questa riga", "Il {at}, {author} ha scritto:", "Non era Lei?"),
    "nl": Words("Schrijf uw antwoord boven deze regel", "Op {at} schreef {author}:", "Was u dit niet?"),
}
_SENTINEL = re.compile(r"^\W*##- .{5,120} -##\W*$")


def in_language(language: str) -> Words:
    """The words of a language (`de`, `de-AT`), English where there are none."""
    return _WORDS.get(language.lower().partition("-")[0], _WORDS["en"])


def sentinel(words: Words) -> str:
    """The line below which there is nothing but history."""
    return f"##- {words.above} -##"


def is_sentinel(line: str) -> bool:
    """Whether a line is ours of that kind, in whatever language."""
    return bool(_SENTINEL.match(line))
