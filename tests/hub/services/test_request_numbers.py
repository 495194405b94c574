"""Numbers of requests are short, and one that was misheard is no other request's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import NotFound
from hub.services.request_numbers import id_of, number_of

ids = st.integers(1, 10**12)


@given(ids)
def test_a_number_means_its_request(request_id: int) -> None:
    assert id_of(number_of(request_id)) == request_id


@given(ids, st.data())
def test_one_wrong_digit_is_noticed(request_id: int, data: st.DataObject) -> None:
    number = number_of(request_id)
    place = data.draw(st.integers(0, len(number) - 1))
    digit = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))

    with pytest.raises(NotFound):
        id_of(number[:place] + digit + number[place + 1 :])


@given(ids, st.data())
def test_two_swapped_digits_are_noticed(request_id: int, data: st.DataObject) -> None:
    number = number_of(request_id)
    place = data.draw(st.integers(0, len(number) - 2))
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

    if swapped != number:
        with pytest.raises(NotFound):
            id_of(swapped)


def test_it_may_be_written_with_a_sign_and_spaces() -> None:
    number = number_of(42)

    assert id_of(f" #{number[:2]} {number[2:]} ") == 42


@pytest.mark.parametrize("number", ["", "#", "12", "abcde", "٤٥٦٧", "1" * 40, "-1234", "0000"])
def test_what_is_no_number_means_no_request(number: str) -> None:
    with pytest.raises(NotFound):
        id_of(number)
