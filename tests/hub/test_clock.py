"""The hub's one clock: real, unless it may be moved; and times as they leave the hub."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.clock import Clock, from_text, to_datetime, to_ms, to_text


def test_a_clock_that_cannot_be_moved_says_so() -> None:
    clock = Clock()

    with pytest.raises(PermissionError, match="test-clock"):
        clock.move_to(0)
    with pytest.raises(PermissionError):
        clock.move_by(timedelta(days=1))
    assert abs(clock.now() - time.time() * 1000) < 1000


def test_a_moved_clock_goes_on_from_there() -> None:
    clock = Clock(movable=True)
    clock.move_to(1_000_000)
    clock.move_by(timedelta(hours=-1))

    assert abs(clock.now() - (1_000_000 - 3_600_000)) < 1000


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_a_time_survives_being_written_down(ms: int) -> None:
    assert from_text(to_text(ms)) == ms
    assert to_ms(to_datetime(ms)) == ms


def test_times_leave_in_utc_with_milliseconds() -> None:
    assert to_text(0) == "1970-01-01T00:00:00.000Z"
    assert to_ms(datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == 0
    assert to_ms(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert from_text("1970-01-01T01:00:00+01:00") == 0


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "25:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        from_text(text)
