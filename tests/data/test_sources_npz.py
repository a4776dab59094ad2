"""Arrays that NumPy saved become prepared arrays, whole or parted, or one clear message."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnrepro.data import registry
from nnrepro.data.errors import DataError

RANDOM = np.random.RandomState(0)
TABLE = RANDOM.normal(5, 3, (60, 4))
WORDS = np.array(["ash", "oak", "elm"] * 20)


def prepared(
    folder: Path, arrays: dict[str, np.ndarray], **options: Any
) -> tuple[dict[str, np.ndarray], Any]:
    """Arrays and description of a file with these arrays."""
    np.savez(folder / "given.npz", **arrays)
    section = {"source": "npz", "path": str(folder / "given.npz"), **options}
    (made,) = registry.prepared({"own": section})
    made.prepare(section, folder / "own.npz", folder / "own.json")
    told = json.loads((folder / "own.json").read_text())
    assert made.input == told["input"]
    return dict(np.load(folder / "own.npz")), told


def test_a_table_is_split_and_scaled_by_its_training_rows(tmp_path: Path) -> None:
    arrays, told = prepared(tmp_path, {"x": TABLE, "y": WORDS})
    assert told["classes"] == ["ash", "elm", "oak"] and told["kind"] == "floats"
    assert [len(arrays[f"{part}_y"]) for part in ("train", "validation", "test")] == [42, 9, 9]
    assert np.allclose(arrays["train_x"].mean(axis=0), 0, atol=1e-6)
    assert np.allclose(arrays["train_x"].std(axis=0), 1, atol=1e-6)
    plain, _ = prepared(tmp_path, {"x": TABLE, "y": WORDS}, standardise=False)
    made = told["preparation"]
    again = (plain["train_x"].astype(float) - made["mean"]) / made["scale"]
    assert np.allclose(again, arrays["train_x"], atol=1e-5)


@pytest.mark.parametrize("form", ["{}_train", "train_{}"])
def test_parts_stay_as_they_are(tmp_path: Path, form: str) -> None:
    x = RANDOM.randint(0, 256, (30, 6, 5), np.uint8)
    y = np.arange(30) % 3 + 1
    given = {form.format("x"): x[:20], form.format("y"): y[:20]}
    later = form.replace("train", "test")
    given |= {later.format("x"): x[10:], later.format("y"): y[10:]}
    arrays, told = prepared(tmp_path, given, input="image", split={"validation": 0})
    assert np.array_equal(arrays["train_x"], x[:20].reshape(20, 30))
    assert np.array_equal(arrays["test_y"], y[10:] - 1) and told["classes"] == ["1", "2", "3"]
    assert told["image_shape"] == [1, 6, 5] and "validation_x" not in arrays


def test_colours_become_planes(tmp_path: Path) -> None:
    x = RANDOM.randint(0, 256, (40, 4, 3, 3), np.uint8)
    arrays, told = prepared(
        tmp_path, {"x": x, "y": np.arange(40) % 2}, input="image", classes=["a", "b"]
    )
    assert told["image_shape"] == [3, 4, 3] and told["classes"] == ["a", "b"]
    rows = {row.tobytes() for row in x.transpose(0, 3, 1, 2).reshape(40, -1)}
    assert {row.tobytes() for row in arrays["train_x"]} < rows


def test_targets_labels_and_ids(tmp_path: Path) -> None:
    arrays, told = prepared(tmp_path, {"x": TABLE, "y": TABLE[:, 0] * 2}, task="regression")
    assert told["outputs"] == ["y"] and arrays["train_y"].shape == (42, 1)
    both = {"x": TABLE, "labels": (TABLE[:, :2] > 5).astype(int)}
    arrays, told = prepared(tmp_path, both, y="labels", task="multi_label", outputs=["a", "b"])
    assert told["outputs"] == ["a", "b"] and set(np.unique(arrays["test_y"])) == {0, 1}
    ids = {"x": RANDOM.randint(0, 9, (40, 7)), "y": np.arange(40) % 2}
    arrays, told = prepared(tmp_path, ids, input="events")
    assert (told["kind"], told["vocabulary_size"], told["input"]) == ("ids", 9, "events")


def test_arrays_without_a_part_in_their_name_are_trained_on(tmp_path: Path) -> None:
    given = {"x": TABLE, "y": WORDS, "x_test": TABLE[:20], "y_test": WORDS[:20]}
    arrays, _ = prepared(tmp_path, given)
    assert [len(arrays[f"{part}_y"]) for part in ("train", "validation", "test")] == [51, 9, 20]


def test_each_feature_of_a_table_of_several_dimensions_is_scaled(tmp_path: Path) -> None:
    arrays, told = prepared(tmp_path, {"x": TABLE.reshape(60, 2, 2), "y": WORDS})
    assert np.allclose(arrays["train_x"].mean(axis=0), 0, atol=1e-6)
    assert np.shape(told["preparation"]["scale"]) == (2, 2)


PARTS = {"x_train": TABLE, "y_train": WORDS}
WRONG: dict[str, tuple[dict[str, np.ndarray], dict[str, Any], str]] = {
    "names": ({"a": TABLE, "b": WORDS}, {}, "holds the arrays 'a', 'b', and neither 'x' and 'y'"),
    "lengths": ({"x": TABLE, "y": WORDS[1:]}, {}, "both begin with the number of examples"),
    "floats": ({"x": TABLE, "y": TABLE[:, 0]}, {}, "labels are one whole number or word"),
    "not finite": ({"x": np.full((30, 2), np.nan), "y": WORDS[:30]}, {}, "is not finite"),
    "image": ({"x": TABLE, "y": WORDS}, {"input": "image"}, "images are uint8, from 0 to 255"),
    "objects": ({"x": np.array([[{}]] * 9), "y": WORDS[:9]}, {}, "holds Python objects"),
    "names of classes": ({"x": TABLE, "y": WORDS}, {"classes": ["a"]}, "classes: 1 names, where"),
    "words in another order": (
        {"x": TABLE, "y": WORDS},
        {"classes": ["oak", "elm", "ash"]},
        "are words already; .* 'ash', 'elm', 'oak'",
    ),
    "two for a part": (
        {**PARTS, "train_x": TABLE, "train_y": WORDS},
        {},
        "both 'x_train' and 'train_x' are train examples; keep one",
    ),
    "no answers": ({**PARTS, "x_test": TABLE}, {}, "holds 'x_test' and no 'y_test'"),
    "other features": (
        {**PARTS, "x_test": TABLE[:, :1], "y_test": WORDS},
        {},
        r"'x_train' have the shape \(4,\), those of 'x_test' \(1,\)",
    ),
    "no test": ({"x": TABLE, "y": WORDS}, {"split": {"test": 0}}, "has no examples to test on"),
}


@pytest.mark.parametrize(("arrays", "options", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_read_is_one_message(
    tmp_path: Path, arrays: dict[str, np.ndarray], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        prepared(tmp_path, arrays, **options)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "given.npz").write_bytes(b"PK\3\4 not at all")
    section = {"source": "npz", "path": str(tmp_path / "given.npz")}
    with pytest.raises(DataError, match="is damaged"):
        registry.prepared({"own": section})[0].prepare(section, tmp_path / "a", tmp_path / "b")
