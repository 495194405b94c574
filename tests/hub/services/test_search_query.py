"""Whatever is typed becomes a question; nothing that can be typed is an error."""

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.repositories.search import Phrase
from hub.services.search_query import parse
from hub.services.snippets import LENGTH, snippet
from hub.words import words_of, words_with_places

ODD = st.text(alphabet=st.characters() | st.sampled_from('"*+()-–0123456789 \t“”東京éß'), max_size=60)


def phrases(typed: str, country: str = "DE") -> list[Phrase]:
    return [term[0][0] for term in parse(typed, country).terms]


def test_all_words_are_wanted_and_the_last_one_may_go_on() -> None:
    assert phrases("kettle broken li") == [Phrase(("kettle",)), Phrase(("broken",)), Phrase(("li",), True)]


def test_words_in_quotes_follow_each_other() -> None:
    assert phrases('"lid of kettle" alba') == [Phrase(("lid", "of", "kettle")), Phrase(("alba",), True)]


def test_a_quote_still_being_typed_may_go_on() -> None:
    assert phrases('"lid of ket') == [Phrase(("lid", "of", "ket"), True)]


def test_a_star_looks_for_the_start_of_any_word() -> None:
    assert phrases("ket* broken") == [Phrase(("ket",), True), Phrase(("broken",), True)]


def test_one_letter_is_a_whole_word() -> None:
    assert phrases("a") == [Phrase(("a",))]


def test_case_accents_and_odd_letters_do_not_matter() -> None:
    assert words_of("MÜLLER Straße Łódź Ørsted İstanbul ﬁne") == [
        "muller",
        "strasse",
        "lodz",
        "orsted",
        "istanbul",
        "fine",
    ]


def test_scripts_without_spaces_are_phrases_of_signs() -> None:
    assert phrases("東京") == [Phrase(("東", "京"))]
    assert words_of("注文2020です") == ["注", "文", "2020", "で", "す"]


def test_words_joined_by_signs_are_a_phrase() -> None:
    assert phrases("anna@example.com O'Brien") == [
        Phrase(("anna", "example", "com")),
        Phrase(("o", "brien"), True),
    ]


@pytest.mark.parametrize(
    "typed", ["0151 123 45", "+49 (151) 123-45", "0049 151 12345", "015112345", "+4915112345", "0151/12345"]
)
def test_a_phone_number_is_looked_for_however_it_is_written(typed: str) -> None:
    [term] = parse(typed, "DE").terms

    assert [Phrase(("15112345",), True)] in list(term)


@pytest.mark.parametrize(
    "typed", ["", " ", '"', '""', "*", "()", "😀", "\x00", "-", "+", "…", "\ud800", "' OR 1=1 --"[:1]]
)
def test_what_holds_no_word_asks_nothing(typed: str) -> None:
    assert parse(typed, "").terms == ()


def test_what_was_pasted_by_mistake_is_cut() -> None:
    assert len(parse("word " * 2000, "").terms) <= 2
    assert len(parse(" ".join(f"word{i}" for i in range(2000)), "").terms) <= 16


@given(ODD)
def test_every_query_can_be_read(typed: str) -> None:
    query = parse(typed, "DE")

    for phrase in query.phrases:
        assert phrase.words
        assert all(word.isalnum() for word in phrase.words)


@given(ODD)
def test_a_text_has_the_same_words_indexed_and_shown(text: str) -> None:
    assert [word for word, _, _ in words_with_places(text)] == words_of(text)


@given(ODD, st.text(alphabet=string.ascii_letters + " é東", max_size=20))
def test_marks_lie_inside_the_snippet_and_apart(text: str, typed: str) -> None:
    shown, marks = snippet(text, parse(typed, "DE"), "DE")

    assert len(shown) <= LENGTH + 2
    assert all(0 <= start < end <= len(shown) for start, end in marks)
    assert all(first[1] <= second[0] for first, second in pairwise(marks))


def test_a_snippet_begins_shortly_before_its_first_match() -> None:
    text = "Dear all, " * 30 + "the kettle lid does not close\nand it drips. " + "Thank you. " * 30

    shown, marks = snippet(text, parse("kettle drips", ""), "")

    assert (shown[0], shown[-1]) == ("…", "…")
    assert "\n" not in shown
    assert [shown[start:end] for start, end in marks] == ["kettle", "drips"]
