"""The words of the console: complete in every language, and none of them in the code."""

import json
import re
from pathlib import Path
from typing import Any

AGENT_UI = Path(__file__).resolve().parents[3] / "agent_ui"
CONSOLE = AGENT_UI / "console"

# Words between tags, or in an attribute that people read.
WORDS = re.compile(r"(?<!=)>\s*[A-Z][a-z]+[^<>{}=;]*<|(?:aria-label|title|placeholder|alt)=\"[A-Za-z]")
KEY = re.compile(r"""\bt\(\s*(?:[^"`()]*\?\s*)?["`]([a-z][\w.]*)["`](?:\s*:\s*["`]([a-z][\w.]*)["`])?""")
GAP = re.compile(r"\{(\w+)\}")


def section(language: str) -> dict[str, Any]:
    catalogue = json.loads((AGENT_UI / "messages" / f"{language}.json").read_text(encoding="utf-8"))
    texts: dict[str, Any] = catalogue["console"]
    return texts


def gaps(text: Any) -> set[str]:
    return set(GAP.findall(text if isinstance(text, str) else text["other"]))


def test_german_has_every_text_that_english_has() -> None:
    assert section("de").keys() == section("en").keys()


def test_translations_have_the_same_gaps() -> None:
    english, german = section("en"), section("de")

    assert [key for key in english if gaps(english[key]) != gaps(german[key])] == []


def test_texts_with_plurals_have_them_in_both_languages() -> None:
    english, german = section("en"), section("de")

    assert [key for key in english if isinstance(english[key], dict) != isinstance(german[key], dict)] == []


def test_code_holds_no_words_of_its_own() -> None:
    found = [
        f"{path.name}: {match[0]}"
        for path in CONSOLE.glob("*.tsx")
        for match in WORDS.finditer(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_every_text_that_the_code_names_is_there() -> None:
    texts = section("en")
    named = {
        key
        for path in CONSOLE.glob("*.ts*")
        for match in KEY.finditer(path.read_text(encoding="utf-8"))
        for key in match.groups()
        if key
    }

    assert len(named) > 200
    assert sorted(named - texts.keys()) == []
