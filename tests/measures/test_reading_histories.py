"""Histories are read exactly, and a damaged one is named by file, key and epoch."""

import json

import numpy as np
import pytest

from nnrepro.measures.curves import RunCurves
from nnrepro.measures.expressions import Reading
from nnrepro.measures.history import HistoryError, read_history
from nnrepro.measures.names import metric_value

GOOD = {
    "loss": [2.0, 1.5],
    "accuracy": [0.25, 0.5],
    "val_loss": [2.25, 1],
    "val_accuracy": [0, 1],
}


def _write(tmp_path, content):
    path = tmp_path / "history.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_sound_history_is_read_as_float64(tmp_path):
    history = read_history(_write(tmp_path, GOOD))
    assert history.epochs == 2
    assert history.series["val_loss"].dtype == np.float64
    assert history.series["val_loss"].tolist() == [2.25, 1.0]
    assert history.finite


def test_a_comparison_history_holds_the_test_curves_only(tmp_path):
    path = _write(tmp_path, {"val_loss": [1.0], "val_accuracy": [0.5]})
    assert read_history(path, beside=True).val_accuracy.tolist() == [0.5]
    with pytest.raises(HistoryError, match="unknown key 'loss'"):
        read_history(_write(tmp_path, GOOD), beside=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["line 1", "not valid JSON"]),
        ('{"loss": [1.0,', ["line 1", "not valid JSON"]),
        (json.dumps(GOOD)[:-1] + ', "loss": [1.0, 2.0]}', ["the key 'loss' stands twice"]),
        ([1, 2], ["a list", "expected a JSON object"]),
        ({k: v for k, v in GOOD.items() if k != "val_loss"}, ["lacks the key 'val_loss'"]),
        (GOOD | {"lr": [1, 2]}, ["unknown key 'lr'"]),
        (GOOD | {"loss": 3.0}, ["key 'loss'", "a number, expected a list"]),
        (GOOD | {"loss": [1.0]}, ["unequal", "loss 1", "accuracy 2"]),
        ({key: [] for key in GOOD}, ["empty"]),
        (GOOD | {"loss": [1.0, "2"]}, ["key 'loss'", "epoch 2", "text"]),
        (GOOD | {"accuracy": [True, 1.0]}, ["key 'accuracy'", "epoch 1", "true or false"]),
        (GOOD | {"loss": [None, 1.0]}, ["key 'loss'", "epoch 1", "null"]),
        (GOOD | {"val_loss": [1.0, float("nan")]}, ["key 'val_loss'", "epoch 2", "nan"]),
        (GOOD | {"val_loss": [float("inf"), 1.0]}, ["key 'val_loss'", "epoch 1", "inf"]),
        (GOOD | {"loss": [10**400, 1]}, ["key 'loss'", "too large"]),
        (GOOD | {"val_accuracy": [0.5, 54.3]}, ["key 'val_accuracy'", "epoch 2", "no fraction"]),
        (GOOD | {"accuracy": [-0.1, 0.5]}, ["key 'accuracy'", "epoch 1", "no fraction"]),
    ],
)
def test_damage_is_named_by_file_key_and_epoch(tmp_path, content, words):
    path = _write(tmp_path, content)
    with pytest.raises(HistoryError) as caught:
        read_history(path)
    assert str(path) in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_bytes_that_are_no_text_are_named(tmp_path):
    path = tmp_path / "history.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(HistoryError, match="not valid JSON"):
        read_history(path)


def test_a_missing_file_and_a_folder_in_its_place_are_told_apart(tmp_path):
    with pytest.raises(HistoryError, match="no such file"):
        read_history(tmp_path / "history.json")
    with pytest.raises(HistoryError, match="cannot be read"):
        read_history(tmp_path)


def test_null_becomes_nan_only_when_allowed(tmp_path):
    path = _write(tmp_path, GOOD | {"val_loss": [1.0, None]})
    history = read_history(path, allow_nonfinite=True)
    assert np.isnan(history.series["val_loss"][1])
    assert not history.finite


def test_the_token_nan_is_refused_even_when_null_is_allowed(tmp_path):
    path = _write(tmp_path, GOOD | {"val_loss": [None, float("nan")]})
    with pytest.raises(HistoryError, match=r"'val_loss', epoch 2: nan"):
        read_history(path, allow_nonfinite=True)


def test_rounding_of_a_float32_mean_is_no_damage(tmp_path):
    history = read_history(_write(tmp_path, GOOD | {"accuracy": [0.5, 1.0000001]}))
    assert history.series["accuracy"][1] == 1.0000001


@pytest.mark.parametrize(
    ("last", "ends"), [(None, {}), (0.5, {"test_loss": 0.5, "test_accuracy": 0.5})]
)
def test_a_test_set_that_is_not_evaluated_after_every_epoch_has_no_curves(tmp_path, last, ends):
    content = GOOD | {"val_loss": [None, last], "val_accuracy": [None, last]}
    history = read_history(_write(tmp_path, content))
    assert list(history.curves("test")) == ["train_loss", "train_accuracy"]
    assert history.ends("test") == ends and history.finite
    run = RunCurves(history.curves("test"), window=1, width=1, ends=history.ends("test"))
    found = {name: metric_value(name, run) for name in ("final_test_loss", "min_test_loss")}
    assert np.isnan(found["min_test_loss"])
    assert found["final_test_loss"] == last or (last is None and np.isnan(found["final_test_loss"]))
    assert Reading("tail", "test_loss").span(run) is None
    with pytest.raises(HistoryError, match="key 'val_loss', epoch 1: null"):
        read_history(_write(tmp_path, content | {"val_accuracy": [0.5, 0.5]}))
