"""What a run is evaluated on beside the primary test set has files of its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import small_data, small_run, stop_at_an_epoch, train

from nnrepro.training.checkpoint import CheckpointPolicy
from nnrepro.training.errors import TrainingInterrupted

Trained = Callable[..., Path]
EVERYTHING = [
    "final.weights.h5",
    "history.json",
    "history_comparison.json",
    "history_folds.json",
    "history_validation.json",
    "predictions.npz",
    "run.json",
]


def read(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.mark.parametrize("model", ["image_cnn", "char_cnn"])
def test_fold_counts_sum_to_the_primary_accuracy(trained: Trained, model: str) -> None:
    """Compiled by XLA or not; the last fold is the smaller one where the folds are not equal."""
    out = trained(model, {"test": (50, 64)}, test_folds=4)
    history, folds = read(out / "history.json"), read(out / "history_folds.json")
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert list(folds) == ["folds", "examples", "correct"]
    assert (folds["folds"], folds["examples"]) == (4, [13, 13, 12, 12])
    correct = np.array(folds["correct"])
    assert correct.shape == (4, 4) and (correct <= folds["examples"]).all()
    assert (correct.sum(axis=1) / 50).tolist() == history["val_accuracy"]
    with np.load(out / "predictions.npz") as predictions:
        right = (predictions["probabilities"].argmax(1) == predictions["labels"])[:50]
    assert correct[-1].tolist() == [right[fold::4].sum() for fold in range(4)]


def test_sets_do_not_disturb_one_another(tmp_path: Path) -> None:
    """All of them at once: training and primary test set give what they give alone."""
    data = small_data("words", test=(50, 70), validation=30)
    out = train(small_run("word_cnn", test_folds=10), data, tmp_path / "all")
    assert sorted(path.name for path in out.iterdir()) == EVERYTHING
    record = read(out / "run.json")
    assert sorted([*record["files"], "run.json"]) == EVERYTHING
    primary = replace(
        data,
        test_x=data.test_x[:50],
        test_y=data.test_y[:50],
        test_sizes=(50,),
        validation_x=None,
        validation_y=None,
    )
    alone = read(train(small_run("word_cnn"), primary, tmp_path / "alone") / "history.json")
    whole = read(out / "history.json")
    assert (whole["loss"], whole["accuracy"]) == (alone["loss"], alone["accuracy"])
    np.testing.assert_allclose(whole["val_loss"], alone["val_loss"], rtol=1e-5)
    assert whole["val_accuracy"] == alone["val_accuracy"]


def test_the_validation_history_is_that_of_a_test_set_of_these_examples(tmp_path: Path) -> None:
    """And the predictions keep to the test set."""
    run = small_run("word_cnn")
    data = small_data("words", test=(64,), validation=40)
    out = train(run, data, tmp_path / "validation")
    with np.load(out / "predictions.npz") as predictions:
        np.testing.assert_array_equal(predictions["labels"], data.test_y)
        assert predictions["probabilities"].shape == (64, 15)
    as_test = replace(
        data,
        test_x=data.validation_x,
        test_y=data.validation_y,
        test_sizes=(40,),
        validation_x=None,
        validation_y=None,
    )
    expected = read(train(run, as_test, tmp_path / "tested") / "history.json")
    measured = read(out / "history_validation.json")
    assert list(measured) == ["val_loss", "val_accuracy"]
    np.testing.assert_allclose(measured["val_loss"], expected["val_loss"], rtol=1e-5)
    assert measured["val_accuracy"] == expected["val_accuracy"]


def test_what_is_no_longer_recorded_is_removed(copied: Trained, tmp_path: Path) -> None:
    """A folder never holds the side history of other settings."""
    out = copied("word_cnn", {"validation": 20}, epochs=1, test_folds=10).rename(tmp_path / "out")
    assert (out / "history_folds.json").exists() and (out / "history_validation.json").exists()
    train(small_run("word_cnn", epochs=1), small_data("words"), tmp_path)
    assert not (out / "history_folds.json").exists()
    assert not (out / "history_validation.json").exists()


@pytest.mark.parametrize("early", [{}, {"early_stopping": 2}])
@pytest.mark.parametrize("when", ["at_end", "never"])
def test_the_test_set_once_or_never(tmp_path: Path, early: dict[str, int], when: str) -> None:
    """Validation, training and final answers are those of a run that looks after every epoch.

    Also where it was stopped after its first epoch and started again.
    """
    data = small_data("words", test=(50, 70), validation=30)
    settings = {"epochs": 4, "learning_rate": 0.1, **early}
    watched = train(small_run("word_cnn", **settings), data, tmp_path / "watched")
    run = small_run("word_cnn", test_evaluation=when, **settings)
    with pytest.raises(TrainingInterrupted):
        train(run, data, tmp_path, log=stop_at_an_epoch, policy=CheckpointPolicy(every_seconds=0))
    lines: list[str] = []
    out = train(run, data, tmp_path, log=lines.append)
    assert "going on from" in lines[0]
    kept = read(out / "run.json").get("best_epoch") or 0
    assert read(out / "history_validation.json") == read(watched / "history_validation.json")
    for file in ("history.json", "history_comparison.json"):
        every, found = read(watched / file), read(out / file)
        assert found.get("loss") == every.get("loss")
        for name in ("val_loss", "val_accuracy"):
            *earlier, last = found[name]
            assert earlier == [None] * (len(every[name]) - 1) and earlier
            expected = pytest.approx(every[name][kept - 1]) if when == "at_end" else None
            assert last == expected
    with np.load(watched / "predictions.npz") as every, np.load(out / "predictions.npz") as found:
        examples = 70 if when == "at_end" else 0
        for name in ("probabilities", "labels"):
            assert np.array_equal(found[name], every[name][:examples])
