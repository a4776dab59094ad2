"""Nobody ever reads half of a file."""

import os
import stat
from pathlib import Path

import pytest

from nnrepro.errors import NnreproError
from nnrepro.files import atomic_write, read_json, write_json


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_write(path) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_new_file_appears_whole_under_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "new" / "weights.weights.h5"
    with atomic_write(path) as temporary:
        assert temporary.name.endswith(".weights.h5")
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_written_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_json(tmp_path / "a.json", 1)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o644


def test_json_reads_back(tmp_path: Path) -> None:
    value = {"names": ["ä", "b"], "number": 0.1, "none": None}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value


def test_json_cannot_carry_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", float("nan"))
    assert list(tmp_path.iterdir()) == []


def test_damaged_json_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1')
    with pytest.raises(NnreproError, match=r"a\.json is damaged.*delete it"):
        read_json(tmp_path / "a.json")
