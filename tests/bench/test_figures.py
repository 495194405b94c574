"""Ratios, bars and percentiles."""

import pytest

from bench.figures import Bar, Check, Spread, is_steady, least, most, percentile, shares


def test_a_share_is_taken_round_by_round() -> None:
    spread = shares([50.0, 90.0, 30.0], [100.0, 100.0, 100.0])

    assert spread == Spread(0.5, 0.3, 0.9)


@pytest.mark.parametrize(
    ("bar", "figure", "holds"),
    [
        (least(0.7), 0.7, True),
        (least(0.7), 0.69, False),
        (most(350, "µs"), 350, True),
        (most(350, "µs"), 351, False),
    ],
)
def test_a_bar_is_reached_by_what_stands_on_it(bar: Bar, figure: float, holds: bool) -> None:
    assert bar.holds(figure) is holds


def test_a_check_is_judged_by_its_median() -> None:
    assert Check(what="x", figure=Spread(0.8, 0.1, 0.9), bar=least(0.7)).holds
    assert not Check(what="x", figure=Spread(0.6, 0.1, 0.9), bar=least(0.7)).holds


def test_a_bar_says_itself_with_its_unit() -> None:
    assert (least(0.75).text(), most(350, "µs").text()) == ("≥ 0.75", "≤ 350 µs")


@pytest.mark.parametrize(("percent", "figure"), [(50, 5), (95, 10), (10, 1), (100, 10)])
def test_a_percentile_is_one_of_the_figures(percent: float, figure: int) -> None:
    assert percentile([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], percent) == figure


def test_a_disk_that_moved_more_than_twofold_is_not_steady() -> None:
    assert is_steady([1000, 2000])
    assert not is_steady([1000, 2001])
