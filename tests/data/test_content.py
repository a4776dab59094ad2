"""Sums of data change with what it is, and with nothing else."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnrepro.data.content import content_sha256, files_sha256
from nnrepro.data.errors import DataError
from nnrepro.data.registry import files_below

ARRAYS = {
    "train_x": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "train_y": np.array([0, 1, 2], dtype=np.int32),
    "test_x": np.zeros((1, 4), dtype=np.uint8),
    "test_y": np.array([1], dtype=np.int32),
}
MEANING = {"num_classes": 3, "kind": "ids", "vocabulary_size": 5}


@pytest.mark.parametrize(
    ("arrays", "meaning"),
    [
        ({"train_y": np.array([0, 1, 1], dtype=np.int32)}, {}),
        ({"train_x": ARRAYS["train_x"].reshape(3, 2, 2)}, {}),
        ({"train_x": ARRAYS["train_x"].view(np.int8)}, {}),
        ({"test_x": ARRAYS["test_x"][:0]}, {}),
        ({}, {"num_classes": 4}),
        ({}, {"vocabulary_size": 6}),
        ({}, {"image_shape": [1, 2, 2]}),
    ],
)
def test_other_arrays_or_another_meaning_give_another_sum(
    arrays: dict[str, Any], meaning: dict[str, Any]
) -> None:
    changed = content_sha256({**ARRAYS, **arrays}, {**MEANING, **meaning})
    assert changed != content_sha256(ARRAYS, MEANING)


def test_origin_names_and_layout_in_memory_give_the_same_sum() -> None:
    told = {**MEANING, "source": "folder", "sha256": {"a": "0"}, "classes": ["x"], "name": "n"}
    columns = {**ARRAYS, "train_x": np.asfortranarray(ARRAYS["train_x"])}
    assert content_sha256(columns, told) == content_sha256(ARRAYS, MEANING)


def test_all_files_below_a_folder_are_watched(tmp_path: Path) -> None:
    for name in ("b.csv", "a/c.csv", ".hidden", ".git/x", "a/.b.csv.tmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "a/back").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    found = files_below(tmp_path)
    assert found == [tmp_path / "a/c.csv", tmp_path / "b.csv"]


@pytest.mark.parametrize("make", [lambda folder: None, Path.mkdir], ids=["missing", "empty"])
def test_a_folder_without_files_is_refused(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "raw")
    with pytest.raises(DataError, match="holds no files"):
        files_below(tmp_path / "raw")


def test_too_many_files_to_watch_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnrepro.data.registry._MOST_FILES", 2)
    for name in "abc":
        (tmp_path / name).touch()
    with pytest.raises(DataError, match="more than 2 files"):
        files_below(tmp_path)


@pytest.mark.parametrize("limit", [2**20, 0], ids=["read", "too large to read"])
def test_an_edit_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """Also one that keeps size and time, as far as there is not too much to read."""
    monkeypatch.setattr("nnrepro.data.content._READ_EACH_TIME", limit)
    file = tmp_path / "a.csv"
    file.write_text("1,yes")
    before, state = files_sha256([file]), file.stat()
    assert files_sha256([file]) == before
    file.write_text("2,yes")
    if limit:
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    else:
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    assert files_sha256([file]) != before
    assert files_sha256([tmp_path / "a.csv", tmp_path / "a.csv"]) != files_sha256([file])
