"""One spelling per address, whoever wrote it how."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.addresses import BadAddress, masked, normalize, same_or_none


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Anna@Example.COM", "anna@example.com"),
        ("  anna@example.com\n", "anna@example.com"),
        ("anna@example.com.", "anna@example.com"),
        ("anna+shop@example.com", "anna+shop@example.com"),
        ("anna@Bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
        ("jürgen@example.com", "jürgen@example.com"),
        ("ju\u0308rgen@example.com", "jürgen@example.com"),
        ('"a@b"@example.com', '"a@b"@example.com'),
        ("anna@[127.0.0.1]", "anna@[127.0.0.1]"),
        ("anna@ドメイン.example", "anna@xn--eckwd4c7c.example"),
    ],
)
def test_a_mail_address_has_one_spelling(written: str, normal: str) -> None:
    assert normalize("email", written) == normal
    assert normalize("email", normal) == normal


@pytest.mark.parametrize(
    "written",
    ["", " ", "anna", "@example.com", "anna@", "an na@example.com", "a\x00@example.com", "a@ex ample.com", "a@-.\u0301",
     "a\u200b@example.com", "a@example.com\u202ex", "a@" + "x" * 400],
)  # fmt: skip
def test_what_is_no_mail_address_is_refused(written: str) -> None:
    with pytest.raises(BadAddress):
        normalize("email", written)
    assert same_or_none("email", written) is None


@pytest.mark.parametrize(
    "written",
    ["030 1234567", "+49 30 1234567", "0049 (30) 123-4567", "+49301234567", "030/1234567", "tel:+49-30-1234567"],
)
def test_a_phone_number_has_one_spelling(written: str) -> None:
    assert normalize("phone", written, "DE") == "+49301234567"


def test_a_national_number_needs_a_country() -> None:
    assert normalize("phone", "+44 20 7946 0958") == "+442079460958"
    with pytest.raises(BadAddress):
        normalize("phone", "030 1234567")


@pytest.mark.parametrize("written", ["", "x", "+", "1", "+49" + "1" * 30, "anna@example.com", "\x00"])
def test_what_is_no_phone_number_is_refused(written: str) -> None:
    with pytest.raises(BadAddress):
        normalize("phone", written, "DE")


def test_other_addresses_are_kept_as_their_provider_wrote_them() -> None:
    assert normalize("external", " Ab-7 ") == "Ab-7"
    with pytest.raises(BadAddress):
        normalize("external", "a\x00b")


@given(st.text(max_size=60), st.sampled_from(["email", "phone", "external"]))
def test_the_one_spelling_is_its_own(written: str, kind: str) -> None:
    normal = same_or_none(kind, written, "DE")

    assert normal is None or normalize(kind, normal, "DE") == normal


@pytest.mark.parametrize(
    ("kind", "address", "shown"),
    [("email", "anna@example.com", "a•••@example.com"), ("phone", "+49301234567", "••• 67")],
)
def test_a_hint_is_enough_for_its_owner_only(kind: str, address: str, shown: str) -> None:
    assert masked(kind, address) == shown
