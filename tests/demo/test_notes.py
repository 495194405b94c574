"""The demo's folder: begun, begun again, refused, removed."""

from pathlib import Path

import pytest

from demo import notes as kept


def test_a_new_folder_gets_a_password(tmp_path: Path) -> None:
    notes = kept.open_or_begin(tmp_path)

    assert len(notes.password) == 16
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600
    assert kept.open_or_begin(tmp_path).password == notes.password


def test_a_story_that_was_cut_short_is_forgotten(tmp_path: Path) -> None:
    password = kept.open_or_begin(tmp_path).password
    (tmp_path / "onethread.db").write_bytes(b"half")
    (tmp_path / "files").mkdir()

    again = kept.open_or_begin(tmp_path)

    assert again.password == password
    assert {path.name for path in tmp_path.iterdir()} == {"demo.json"}


def test_a_story_that_was_told_is_kept(tmp_path: Path) -> None:
    notes = kept.open_or_begin(tmp_path)
    notes.told = True
    kept.keep(tmp_path, notes)
    (tmp_path / "onethread.db").write_bytes(b"whole")

    assert kept.open_or_begin(tmp_path) == notes
    assert (tmp_path / "onethread.db").exists()


@pytest.mark.parametrize("name", ["onethread.db", "key"])
def test_a_folder_with_a_hubs_own_data_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"own")

    with pytest.raises(kept.NotTheDemo):
        kept.open_or_begin(tmp_path)

    assert (tmp_path / name).read_bytes() == b"own"


def test_what_is_not_the_demos_stays(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    kept.open_or_begin(folder)
    (folder / "holiday.txt").write_text("mine")

    kept.remove(folder)

    assert [path.name for path in folder.iterdir()] == ["holiday.txt"]


def test_a_folder_that_held_nothing_else_goes_with_the_demo(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    kept.open_or_begin(folder)

    kept.remove(folder)

    assert not folder.exists()
