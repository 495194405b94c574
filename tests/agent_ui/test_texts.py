"""The words of pages and mails: the right language, the right plural, no gap left open, the same keys everywhere."""

import re

import pytest

from agent_ui.texts import language_of, languages, texts, translator

SECTIONS = ("console", "launcher", "mail", "page", "widget")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH", "de"),
        ("fr-FR, de;q=0.8, en;q=0.9", "en"),
        ("en;q=0.1, de;q=0.2", "de"),
        ("de;q=0, en", "en"),
        ("*", "en"),
        ("de;q=x;;;,,\x00 äöü" * 100, "en"),
    ],
)
def test_the_language_liked_best_of_ours_is_chosen(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


def test_a_plural_is_the_one_of_the_number() -> None:
    t = translator("en", "page")

    assert "Your draft is" in t("sign_in.drafts", n=1)
    assert "Your 2 drafts are" in t("sign_in.drafts", n=2)


def test_numbers_are_grouped_as_the_language_does() -> None:
    assert "12,345" in translator("en", "page")("wait", n=12_345)
    assert "12.345" in translator("de", "page")("wait", n=12_345)


def test_what_fills_a_gap_opens_no_other() -> None:
    assert translator("en", "page")("forgotten.sent", email="{n}").count("{n}") == 1


@pytest.mark.parametrize("section", SECTIONS)
def test_every_language_has_every_text_with_the_same_gaps(section: str) -> None:
    ours = texts("en", section)
    for language in languages():
        theirs = texts(language, section)
        assert theirs.keys() == ours.keys()
        for key, text in ours.items():
            assert gaps(text) == gaps(theirs[key]), f"{language}: {key}"


def gaps(text: object) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", str(text))) - {"n"}
