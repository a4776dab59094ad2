"""What a run of each task records and leaves: metrics by name, predictions of their kind."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from beside_keras import judged_otherwise, register_models, table_data, table_run
from small_runs import train

from nnrepro.measures.history import read_history
from nnrepro.measures.predictions import read_predictions
from nnrepro.metrics.registry import MULTI_LABEL, REGRESSION, MetricNameError, find
from nnrepro.training.errors import TrainingError


@pytest.fixture(autouse=True)
def models(own_definitions: None) -> None:
    """The models are in the catalogue, for as long as a test."""
    register_models()


def run(**settings: Any) -> Any:
    return table_run("has_nothing_to_add", **{"epochs": 2, "loss": "", **settings})


def test_numbers_are_answered_in_their_own_units(tmp_path: Path) -> None:
    data = judged_otherwise(REGRESSION)
    out = train(run(metrics="r2_score,mean_absolute_error"), data, tmp_path)
    history = json.loads((out / "history.json").read_text())
    trained, tested = (
        ["loss", "mean_absolute_error"],
        ["val_loss", "val_r2_score", "val_mean_absolute_error"],
    )
    assert list(history) == trained + tested
    assert 0 < history["val_loss"][-1] < 3 < history["val_mean_absolute_error"][-1]
    found = read_predictions(out / "predictions.npz")
    assert found is not None and found.task == REGRESSION
    np.testing.assert_array_equal(found.labels, data.test_y)
    assert abs(found.outputs[:, 1].mean() - 1000) < 500
    for name in ("r2_score", "mean_absolute_error"):
        told = find(name).value(found.labels, found.outputs)
        assert told == pytest.approx(history[f"val_{name}"][-1], rel=1e-4)


def test_several_labels_are_recorded_by_the_tasks_own_metrics(tmp_path: Path) -> None:
    out = train(run(), judged_otherwise(MULTI_LABEL), tmp_path)
    history = read_history(out / "history.json")
    assert history.metrics == ("binary_accuracy", "f1_macro")
    assert "f1_macro" not in history.series and "binary_accuracy" in history.series
    found = read_predictions(out / "predictions.npz")
    assert found is not None and (found.task, found.names) == (MULTI_LABEL, ("0", "1"))
    assert history.series["val_f1_macro"][-1] == pytest.approx(
        find("f1_macro").value(found.labels, found.outputs), abs=0.05
    )


def test_the_first_metric_of_a_classification_need_not_be_accuracy(tmp_path: Path) -> None:
    out = train(run(metrics="auc,log_loss", test_folds=2), table_data(), tmp_path)
    history = read_history(out / "history.json")
    assert history.metrics == ("auc", "log_loss")
    assert (out / "history_folds.json").exists()


@pytest.mark.parametrize(
    ("task", "settings", "error", "words"),
    [
        (REGRESSION, {"loss": "logits"}, TrainingError, "'logits' is not for a regression task"),
        (MULTI_LABEL, {"loss": "huber"}, TrainingError, "not for a multi-label task"),
        (REGRESSION, {"metrics": "accuracy"}, MetricNameError, "'accuracy' is for classification"),
        (REGRESSION, {"test_folds": 2}, TrainingError, "which only classes have"),
    ],
)
def test_what_does_not_fit_the_task_is_refused(
    task: str, settings: dict[str, Any], error: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        train(run(**settings), judged_otherwise(task), tmp_path)
