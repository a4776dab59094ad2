"""What a run of each task records and leaves: metrics by name, predictions of their kind."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from beside_keras import judged_otherwise, register_models, table_data, table_run
from keras import ops
from small_runs import train

from nnrepro.measures.history import read_history
from nnrepro.measures.predictions import read_predictions
from nnrepro.metrics.losses import loss
from nnrepro.metrics.registry import CLASSIFICATION, MULTI_LABEL, REGRESSION, MetricNameError, find
from nnrepro.training.errors import TrainingError
from nnrepro.training.losses import loss_of, loss_problem


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


@pytest.mark.parametrize("folds", [0, 2])
def test_no_metric_of_a_classification_need_be_counted_in_training(
    tmp_path: Path, folds: int
) -> None:
    out = train(run(metrics="auc,log_loss", test_folds=folds), table_data(), tmp_path)
    history = read_history(out / "history.json")
    assert history.metrics == ("auc", "log_loss")
    assert (out / "history_folds.json").exists() == bool(folds)


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


def test_a_loss_of_ones_own_is_what_training_lowers_and_records(tmp_path: Path) -> None:
    """Twice Keras's, with half the learning rate: the same steps, and twice the loss."""

    @loss(task=REGRESSION)
    def doubled(y_true, y_pred):
        """Twice the mean squared error."""
        return 2 * ops.mean(ops.square(y_true - y_pred), axis=-1)

    data = judged_otherwise(REGRESSION)
    keras_own = run(loss="mean_squared_error", learning_rate=0.05)
    once, twice = (
        read_history(train(each, data, tmp_path / str(at)) / "history.json").series
        for at, each in enumerate([keras_own, run(loss="doubled", learning_rate=0.025)])
    )
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(twice[name], 2 * once[name], rtol=1e-5)
    for name in ("mean_absolute_error", "val_r2_score"):
        np.testing.assert_allclose(twice[name], once[name], rtol=1e-4)


@pytest.mark.parametrize(
    ("computed", "told"),
    [
        (lambda true, answers: ops.mean(answers), r"'mine' gives values of shape \(\)"),
        (lambda true, answers: ops.square(answers), r"shape \(3, 2\) for a batch"),
        (lambda true, answers: answers[:2, 0], "gives 2 values for 3 examples"),
        (lambda true, answers: answers.nothing, "'mine' cannot be computed .AttributeError"),
        (lambda true, answers: answers[:, 0], None),
    ],
)
def test_a_loss_of_ones_own_is_tried_before_training(computed: Any, told: str | None) -> None:
    computed.__name__, computed.__doc__ = "mine", "Mine."
    loss(task=CLASSIFICATION)(computed)
    problem = loss_problem("mine", CLASSIFICATION, 2)
    assert problem is None if told is None else re.search(told, str(problem))
    with pytest.raises(TrainingError, match="loss 'mine' is not for a regression task; allowed"):
        loss_of(REGRESSION, "mine")
