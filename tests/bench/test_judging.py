"""What is said of a goal: held, missed, or not judged and why."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.dataset.cache import Cache
from bench.figures import Check, Finding, NotMeasured, Spread, least
from bench.judging import Goal, judged
from bench.rig import QUICK, Rig
from run import PARTS


@pytest.fixture(name="rig")
def make_rig(tmp_path: Path) -> Rig:
    return Rig(QUICK, Cache(tmp_path / "cache", PARTS, print), tmp_path)


def finding(share: float, void: str = "") -> Finding:
    figure = Spread(share, share - 0.1, share + 0.1)
    return Finding(checks=(Check(what="share", figure=figure, bar=least(0.7)),), details={"n": 1}, void=void)


def goal(*findings: Finding | NotMeasured) -> tuple[Goal, Iterator[Finding | NotMeasured]]:
    """A goal that finds these, one after the other."""
    left = iter(findings)

    def measure(rig: Rig) -> Finding:
        found = next(left)
        if isinstance(found, NotMeasured):
            raise found
        return found

    return Goal("X", "something", measure), left


def test_a_goal_that_reached_its_bar_holds(rig: Rig) -> None:
    (result,) = judged([goal(finding(0.8))[0]], rig)

    assert result.holds is True
    assert (result.ratio, result.min, result.max, result.bar) == (0.8, 0.7, 0.9, "≥ 0.7")
    assert result.details["n"] == 1
    assert len(result.details["fdatasync_per_s"]) == 2


def test_a_goal_that_missed_says_what(rig: Rig) -> None:
    (result,) = judged([goal(finding(0.5))[0]], rig)

    assert result.holds is False
    assert result.reason == "missed: share"


def test_what_cannot_be_judged_is_measured_again(rig: Rig) -> None:
    tried, left = goal(finding(0.5, void="the ground shook"), finding(0.8), finding(0.1))

    (result,) = judged([tried], rig)

    assert result.holds is True
    assert len(list(left)) == 1


def test_what_cannot_be_judged_three_times_is_not_missed(rig: Rig) -> None:
    (result,) = judged([goal(*[finding(0.5, void="the ground shook")] * 3)[0]], rig)

    assert result.holds is None
    assert result.reason == "the ground shook"


def test_what_cannot_be_measured_here_says_why(rig: Rig) -> None:
    (result,) = judged([goal(*[NotMeasured("needs PostgreSQL")] * 3)[0]], rig)

    assert result.holds is None
    assert result.reason == "needs PostgreSQL"


def test_what_failed_is_measured_again(rig: Rig) -> None:
    (result,) = judged([goal(NotMeasured("the hub did not start"), finding(0.8))[0]], rig)

    assert result.holds is True


def test_rounds_take_turns(rig: Rig) -> None:
    order: list[str] = []

    def say(word: str) -> Callable[[], None]:
        return lambda: order.append(word)

    rig.rounds(say("bare"), say("ours"))

    assert order == ["bare", "ours", "ours", "bare"]
