"""Prepared data come out of a run's data set as they went in, or are refused: nothing is cast."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from nnrepro.data.dataset import load_dataset
from nnrepro.data.errors import DataError
from nnrepro.data.prepare import write_prepared

SETTINGS = {"layout": "planes", "train_examples": 4, "test_examples": 2}
TYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "longdouble", "complex64", "complex128", ">f4", ">i2"),
    *("U3", "S2", "object", "datetime64[s]"),
)
LABELS = np.array([0, 1, 2, 1])


def described(kind: str, **changes: Any) -> dict[str, Any]:
    """A description of data of that kind."""
    meta = {
        "name": "own",
        "input": "table",
        "kind": kind,
        "num_classes": 3,
        "vocabulary_size": 9 if kind == "ids" else 0,
        "image_shape": [1, 1, 3],
        "generated": False,
        "source": "folder",
        "sha256": {},
    }
    return {**meta, **changes}


def prepared(folder: Path, kind: str, x: Any, y: Any = LABELS, **changes: Any) -> Path:
    """Write four training examples and, of the first two, a test set."""
    arrays = {"train_x": x, "train_y": y, "test_x": x[:2], "test_y": y[:2]}
    write_prepared(folder / "own.npz", folder / "own.json", arrays, described(kind, **changes))
    return folder / "own.npz"


def same(found: np.ndarray, given: np.ndarray) -> bool:
    """Whether every number is what it was, to the precision of what it was found as."""
    return all(
        float(a) == float(np.float32(b)) if found.dtype.kind == "f" else int(a) == int(b)
        for a, b in zip(found.flat, given.flat, strict=True)
    )


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(("image", "ids", "floats")),
    x=st.sampled_from(TYPES).flatmap(lambda kind: arrays_of.arrays(kind, (4, 3))),
)
def test_examples_of_any_type_are_kept_or_refused(tmp_path: Path, kind: str, x: np.ndarray) -> None:
    try:
        file = prepared(tmp_path, kind, x)
    except DataError as error:
        assert str(error).startswith("data set 'own': ")
        return
    data = load_dataset(file, SETTINGS)
    found = {
        "image": lambda: data.train_x.reshape(4, 3) * np.float32(255),
        "ids": lambda: data.train_x,
        "floats": lambda: data.train_x,
    }[kind]()
    assert data.train_x.dtype == (np.int32 if kind == "ids" else np.float32)
    if kind == "image":
        np.testing.assert_allclose(found, x, rtol=1e-6)
    else:
        assert same(found, x) and same(data.test_x, x[:2])


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(y=st.sampled_from(TYPES).flatmap(lambda kind: arrays_of.arrays(kind, (4,))))
def test_labels_of_any_type_are_kept_or_refused(tmp_path: Path, y: np.ndarray) -> None:
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    try:
        file = prepared(tmp_path, "floats", x, y)
    except DataError as error:
        assert str(error).startswith("data set 'own': ")
        return
    data = load_dataset(file, SETTINGS)
    assert data.train_y.dtype == np.int32 and same(data.train_y, y)


def test_floats_stay_floats_in_any_number_of_dimensions(tmp_path: Path) -> None:
    x = np.random.default_rng(1).normal(3.06, size=(4, 2, 5, 1))
    data = load_dataset(prepared(tmp_path, "floats", x), SETTINGS)
    np.testing.assert_array_equal(data.train_x, x.astype(np.float32))
    assert data.train_x.shape == (4, 2, 5, 1)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.uint64, ">i2"])
def test_whole_numbers_of_any_width_are_ids(tmp_path: Path, kind: Any) -> None:
    x = np.arange(8).reshape(4, 2).astype(kind)
    np.testing.assert_array_equal(load_dataset(prepared(tmp_path, "ids", x), SETTINGS).train_x, x)


X = np.arange(12, dtype=np.float64).reshape(4, 3)


@pytest.mark.parametrize(
    ("kind", "x", "message"),
    [
        ("ids", X + 0.06, r"train_x is of type float64 \(0.06\); ids are whole numbers"),
        ("ids", X.astype(int) - 1, "train_x holds the id -1, outside 0 to 8"),
        ("ids", X.astype(int), "train_x holds the id 9, outside 0 to 8"),
        ("ids", X > 3, "train_x is of type bool"),
        ("ids", X.astype(object), "train_x is of type object"),
        ("image", X, "train_x is of type float64 .* kind 'floats'"),
        ("image", X.astype(int) * 30, "train_x is of type int64"),
        ("image", X.astype(np.uint8)[:, :2], "do not hold"),
        ("floats", X.astype(str), "train_x is of type <U"),
        ("floats", X > 3, "train_x is of type bool"),
        ("floats", X + 1j, "train_x is of type complex128"),
        ("floats", np.where(X == 5, np.nan, X), "train_x holds nan; fill in what is missing"),
        ("floats", np.where(X == 5, np.inf, X), "train_x holds inf"),
        ("floats", X * 1e300, "it would lose what tells its values apart"),
        ("floats", 1.7e9 + X, "it would lose what tells its values apart"),
        ("floats", 2**24 + X.astype(int), "train_x holds 16777217, which float32 would round"),
        ("floats", X[:, 0], "train_x has the shape .* two dimensions or more"),
        ("floats", X[:, :0], "train_x holds no examples"),
        ("floats", np.ma.masked_equal(X, 3), "train_x is a MaskedArray"),
        ("floats", X.tolist(), "train_x is a list; give a NumPy array"),
        ("flaots", X, "kind is 'flaots'; allowed are image, ids, floats; did you mean 'floats'?"),
    ],
)
def test_examples_that_would_have_to_be_cast_are_refused(
    tmp_path: Path, kind: str, x: Any, message: str
) -> None:
    """In preparation, before any training, and nothing is written."""
    with pytest.raises(DataError, match=message):
        prepared(tmp_path, kind, x)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([0, 1, 2, 1.5]), r"train_y is of type float64 .* labels are whole numbers"),
        (np.array([0, 1, 2, 3]), "train label is outside 0 to 2: 3"),
        (np.array([0, 1, 2, -1]), "train label is outside 0 to 2: -1"),
        (np.array([True, False, True, True]), "train_y is of type bool"),
        (np.array(["a", "b", "c", "a"]), "train_y is of type <U1 .'a'."),
        (np.eye(4, 3, dtype=int), "train_y has the shape"),
        (np.array([0, 1, 2]), "4 train examples but 3 labels"),
    ],
)
def test_labels_that_would_have_to_be_cast_are_refused(
    tmp_path: Path, y: np.ndarray, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        prepared(tmp_path, "floats", X, y)


def test_an_array_that_nothing_reads_is_refused(tmp_path: Path) -> None:
    """Weights of examples would have no effect."""
    arrays = {"train_x": X, "train_y": LABELS, "test_x": X[:2], "test_y": LABELS[:2]}
    files = (tmp_path / "own.npz", tmp_path / "own.json")
    with pytest.raises(DataError, match="array sample_weight is nothing that training reads"):
        write_prepared(*files, {**arrays, "sample_weight": X[:, 0]}, described("floats"))
    with pytest.raises(DataError, match=r"train_x are \(3,\), of test_x \(2,\)"):
        write_prepared(*files, {**arrays, "test_x": X[:2, :2]}, described("floats"))
    del arrays["test_y"]
    with pytest.raises(DataError, match="array test_y is missing"):
        write_prepared(*files, arrays, described("floats"))


def test_a_description_that_lacks_something_is_refused(tmp_path: Path) -> None:
    meta = described("floats")
    del meta["source"]
    arrays = {"train_x": X, "train_y": LABELS, "test_x": X, "test_y": LABELS}
    with pytest.raises(DataError, match="its description lacks source"):
        write_prepared(tmp_path / "own.npz", tmp_path / "own.json", arrays, meta)


@pytest.mark.parametrize("name", ["train_x", "train_y"])
def test_arrays_changed_after_preparation_are_checked_again(tmp_path: Path, name: str) -> None:
    file = prepared(tmp_path, "ids", X.astype(int) // 2)
    with np.load(file) as archive:
        arrays = dict(archive)
    np.savez(file, **{**arrays, name: arrays[name] + 0.5})
    with pytest.raises(DataError, match=rf"own.npz: {name} is of type float64"):
        load_dataset(file, SETTINGS)


def test_an_unknown_kind_in_a_description_is_not_read_as_ids(tmp_path: Path) -> None:
    file = prepared(tmp_path, "floats", X)
    meta = json.loads((tmp_path / "own.json").read_text())
    (tmp_path / "own.json").write_text(json.dumps({**meta, "kind": "table"}))
    with pytest.raises(DataError, match="kind is 'table'; allowed are"):
        load_dataset(file, SETTINGS)
