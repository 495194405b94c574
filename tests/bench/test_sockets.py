"""A crowd of sockets from end to end: some are stopped, the hub is begun again, and nobody misses anything."""

import json
from pathlib import Path

from tests.parts.command_line import onethread


def test_a_crowd_stays_comes_back_and_misses_nothing(tmp_path: Path) -> None:
    done = onethread(
        *("bench", "--sockets", "300", "--cache", tmp_path / "cache", "--json"), folder=tmp_path / "data", patience=110
    )

    crowd = json.loads(done.out.splitlines()[0])
    print(crowd)
    assert crowd["details"]["consoles"] == 300, done.err
    found = {check["what"]: check["median"] for check in crowd["checks"]}
    assert found["gaps"] == 0
    assert found["doubles"] == 0
    assert found["consoles that had to begin anew"] == 0
    assert found["visitors taken for new ones"] == 0
    assert found["of the messages heard by all"] == 1
    assert found["stopped and deaf ones are cut after"] <= 60
    assert found["all back after a restart"] <= 180
    # Everybody came back twice, and the stopped ones once more.
    assert crowd["details"]["returns"] >= 2 * 330
