"""`bench` from end to end, on a data set as small as can be."""

import json
from pathlib import Path

from tests.parts.command_line import onethread


def test_one_goal_is_measured_and_told_in_one_line(tmp_path: Path) -> None:
    words = ("bench", "--quick", "--only", "D", "--rows", "2000", "--cache", tmp_path / "cache", "--json")

    done = onethread(*words, folder=tmp_path / "data")

    goal, summary = [json.loads(line) for line in done.out.splitlines()]
    assert goal["name"] == "D", done.err
    assert goal["bar"] == "≤ 1.5 ×"
    # On a busy machine it may miss its bar; that it is measured is what is tested.
    assert goal["ratio"] > 0
    assert goal["holds"] in {True, False}
    assert summary["held"] + summary["missed"] == 1
    assert done.status == summary["missed"]
    assert not (tmp_path / "data").exists()
    assert not list((tmp_path / "cache").glob("run-*"))


def test_an_unknown_goal_is_named(tmp_path: Path) -> None:
    done = onethread("bench", "--only", "D,Z", folder=tmp_path / "data")

    assert done.status != 0
    assert "“Z”" in done.err
