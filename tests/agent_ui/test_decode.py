"""What is read, and how each kind of nonsense is refused."""

import contextlib
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_ui.decode import LARGE, LARGEST, BadField, Id, Limit, convert, decode
from hub.errors import Malformed


class Item(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    text: Annotated[str, msgspec.Meta(max_length=10)] = ""
    tags: list[str] = []


class Page(msgspec.Struct, forbid_unknown_fields=True):
    limit: Limit = 50
    open: bool = False


def test_what_fits_is_read() -> None:
    assert decode(b'{"id": 7, "text": "a\\n\\t\\"\xf0\x9f\xab\x96"}', Item) == Item(7, 'a\n\t"🫖')
    assert decode(b'{"id": 7, "text": "\\ud83e\\uded6"}', Item).text == "🫖"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"id": 7',
        b"{'id': 7}",
        b'{"id": NaN}',
        b'\xff\xfe{"id": 7}',
        b'{"id": 7, "text": "\xed\xa0\x80"}',
        b'{"id": 7, "text": "\x00"}',
        b"[" * 100_000,
        b'{"id":' * 100_000,
        b'{"id": 7, "tags": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: body[:20].decode(errors="replace"),
)
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises((Malformed, BadField)):
        decode(body, Item)
    with pytest.raises(Malformed):
        decode(body, Any)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"[]", "$"),
        (b"{}", "$"),
        (b'{"id": "7"}', "$.id"),
        (b'{"id": 0}', "$.id"),
        (b'{"id": 7.5}', "$.id"),
        (b'{"id": 9007199254740992}', "$.id"),
        (b'{"id": 99999999999999999999999}', "$.id"),
        (b'{"id": 1e400}', "$.id"),
        (b'{"id": 7, "text": "12345678901"}', "$.text"),
        (b'{"id": 7, "more": 1}', "$"),
        (b'{"id": 7, "tags": ["ok", "\\u0000"]}', "$.tags[1]"),
        (b'{"id": 7, "text": "\\u001b[31m"}', "$.text"),
        (b'{"id": 7, "text": "\\b"}', "$.text"),
        (b'{"id": 7, "text": "\\f"}', "$.text"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(body: bytes, path: str) -> None:
    with pytest.raises(BadField) as refused:
        decode(body, Item)

    assert refused.value.status == 422
    assert refused.value.members["path"] == path


@pytest.mark.parametrize("text", ["\\ud800", "\\udc00", "\\ud800\\u0041", "\\uDFFF\\uD800", "x\\udbffxxxxxx"])
def test_a_lone_surrogate_is_refused(text: str) -> None:
    with pytest.raises(BadField):
        decode(f'{{"id": 7, "text": "{text}"}}'.encode(), Item)


def test_a_backslash_before_a_u_is_no_escape() -> None:
    assert decode(rb'{"id": 7, "text": "\\u0000"}', Item).text == r"\u0000"


def test_a_number_too_large_is_refused_wherever_it_stands() -> None:
    with pytest.raises(BadField) as refused:
        decode(f'{{"a": [{{"b": {LARGEST + 1}}}]}}'.encode(), dict[str, Any])

    assert refused.value.members["path"] == "$.a[0].b"


@pytest.mark.parametrize("bad", ['"\\u0000"', '"\\u001b"', "9007199254740992"])
def test_a_large_body_is_judged_by_what_was_read_from_it(bad: str) -> None:
    body = f'{{"file": "{"A" * LARGE}", "a": [{bad}]}}'.encode()

    with pytest.raises(BadField) as refused:
        decode(body, dict[str, Any])

    assert refused.value.members["path"] == "$.a[0]"


def test_a_control_sign_in_a_key_is_refused() -> None:
    with pytest.raises(BadField):
        decode(b'{"a\\u0000": 1}', dict[str, Any])


def test_a_query_is_read_from_words() -> None:
    assert convert({"limit": "10", "open": "true"}, Page) == Page(10, True)


@pytest.mark.parametrize("fields", [{"limit": "1000"}, {"limit": "x"}, {"more": "1"}, {"limit": "1\0"}])
def test_a_query_that_does_not_fit_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(BadField):
        convert(fields, Page)


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode(errors="surrogatepass")))
def test_nothing_but_a_refusal_ever_comes_of_it(body: bytes) -> None:
    with contextlib.suppress(Malformed, BadField):
        decode(body, dict[str, Any])


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST, LARGEST)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
)


@given(_JSON)
def test_whatever_is_fine_comes_through_unchanged(value: Any) -> None:
    assert decode(msgspec.json.encode(value), Any) == value
