"""Early stopping, label smoothing and class weights: what Keras does, exact on resume."""

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import small_data, small_run, train

from nnrepro.study.stopping import stopping_problems
from nnrepro.training.backends import make_engine
from nnrepro.training.checkpoint import CheckpointPolicy, Checkpoints
from nnrepro.training.errors import TrainingError, TrainingInterrupted
from nnrepro.training.history import History
from nnrepro.training.losses import Objective
from nnrepro.training.stopping import EarlyStopping, check_watched
from nnrepro.training.targets import balanced, class_weights

SETTINGS = {"epochs": 12, "learning_rate": 0.05, "early_stopping": 2}
DATA = small_data("words", train=64, test=(20,), validation=20)
FILES = ("history.json", "final.weights.h5")


@hypothesis.settings(deadline=None)
@given(
    curve=st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4, math.nan]), min_size=1, max_size=12),
    patience=st.integers(1, 4),
    metric=st.sampled_from(["loss", "accuracy"]),
)
def test_it_stops_where_keras_does(curve: list[float], patience: int, metric: str):
    """At the same epoch, with the same one for the best; Keras wants a finite value first."""
    curve = [0.3, *curve]
    watched = EarlyStopping(patience, "test", metric)
    callback = keras.callbacks.EarlyStopping(
        monitor=f"val_{metric}",
        patience=patience,
        restore_best_weights=True,
        mode="min" if metric == "loss" else "max",
    )
    model = SimpleNamespace(stop_training=False, get_weights=lambda: [], optimizer=None)
    callback.set_model(model)
    callback.on_train_begin()
    history = History(train={"loss": []}, test={"loss": [], "accuracy": []})
    for epoch, value in enumerate(curve):
        history.train["loss"].append(0.0)
        history.test[metric].append(value)
        callback.on_epoch_end(epoch, {f"val_{metric}": value})
        assert watched.ends(history) == bool(model.stop_training)
        assert watched.best_epoch(history) == callback.best_epoch + 1
        if model.stop_training:
            return


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that stops early."""
    run = small_run("word_cnn", **SETTINGS)
    return train(run, DATA, tmp_path_factory.mktemp("stopped"))


def test_a_run_ends_with_the_weights_of_its_best_epoch(stopped: Path, tmp_path: Path):
    """Its history is that of a run that goes on, up to there; its predictions those of the best."""
    record = json.loads((stopped / "run.json").read_text())
    held_out = json.loads((stopped / "history_validation.json").read_text())["val_loss"]
    history = json.loads((stopped / "history.json").read_text())
    best = int(np.argmin(held_out)) + 1
    assert record["status"] == "completed" and record["best_epoch"] == best
    assert record["stopped_at"] == record["epochs_completed"] == best + 2 == len(held_out) < 12

    run = small_run("word_cnn", **{**SETTINGS, "early_stopping": 12, "epochs": best + 2})
    longer = train(run, DATA, tmp_path)
    assert (longer / "history.json").read_bytes() == (stopped / "history.json").read_bytes()
    assert json.loads((longer / "run.json").read_text())["stopped_at"] is None
    assert (longer / FILES[1]).read_bytes() == (stopped / FILES[1]).read_bytes()
    with np.load(stopped / "predictions.npz") as stored:
        right = stored["probabilities"].argmax(axis=1) == stored["labels"]
    assert right.mean() == pytest.approx(history["val_accuracy"][best - 1])


def test_a_killed_run_stops_where_it_would_have_stopped(stopped: Path, tmp_path: Path, monkeypatch):
    """With the weights of an epoch that was before the kill."""
    record = json.loads((stopped / "run.json").read_text())
    once, always = Checkpoints.save, CheckpointPolicy(every_seconds=0)

    def save_and_stop(self, progress, variables):
        once(self, progress, variables)
        if progress.epoch == record["best_epoch"] + 1:
            raise TrainingInterrupted("killed")

    run = small_run("word_cnn", **SETTINGS)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", save_and_stop)
        with pytest.raises(TrainingInterrupted):
            train(run, DATA, tmp_path, policy=always)
    out = train(run, DATA, tmp_path)
    for name in FILES:
        assert (out / name).read_bytes() == (stopped / name).read_bytes(), name


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"early_stopping": 3}, "of which there are none"),
        ({"early_stopping_metric": "test_loss"}, "no effect without 'early_stopping'"),
        ({"early_stopping": 3, "early_stopping_metric": "accuracy"}, "must be a set and a metric"),
        (
            {"early_stopping": 3, "validation_examples": 9, "use_ema": True},
            "leave out one of the two",
        ),
    ],
)
def test_what_cannot_stop_a_run_is_told(settings: dict[str, Any], words: str):
    """Before the first job; stopping by the test set has to be asked for."""
    (problem,) = stopping_problems(settings, held_out=False)
    assert words in problem
    assert not [*stopping_problems({"early_stopping": 3}, held_out=True)]


def test_a_metric_that_is_not_recorded_is_refused():
    settings = {"early_stopping": 3, "early_stopping_metric": "test_accurcy"}
    with pytest.raises(TrainingError, match="did you mean 'accuracy'"):
        check_watched(settings, ["accuracy"])
    check_watched({**settings, "early_stopping_metric": "test_accuracy"}, ["accuracy"])


@pytest.mark.parametrize(
    ("smoothing", "given"),
    [(0.0, "balanced"), (0.2, "balanced"), (0.0, '{"dog": 2.5, "3": 0.0, "9": 0.5}')],
)
def test_losses_are_those_of_keras_fit(smoothing: float, given: str):
    """With smoothed labels and weighted classes: the same weights and losses after an epoch."""
    data = small_data("image", train=40, test=(10,))
    weights = class_weights(given, data.train_y, ("cat", "dog"), 10)
    by_class = dict(enumerate(weights)) if given == "balanced" else {1: 2.5, 3: 0.0, 9: 0.5}

    def model() -> keras.Model:
        keras.utils.set_random_seed(4)
        inputs = keras.Input((32, 32, 3))
        x = keras.layers.Flatten()(keras.layers.AveragePooling2D(8)(inputs))
        return keras.Model(inputs, keras.layers.Dense(10)(x))

    ours, theirs = model(), model()
    objective = Objective(smoothing=smoothing, class_weights=weights)
    engine = make_engine(ours, keras.optimizers.SGD(0.1), objective, data, xla=False)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    theirs.compile(keras.optimizers.SGD(0.1), loss=loss, run_eagerly=True)
    order = np.arange(40, dtype=np.int32).reshape(2, 20)
    losses, _ = engine.train(order, np.ones((2, 20), np.float32), 0, 2)
    told = theirs.fit(
        data.train_x,
        keras.utils.to_categorical(data.train_y, 10),
        batch_size=20,
        shuffle=False,
        class_weight=by_class,
        verbose=0,
    )
    assert losses.sum() / 40 == pytest.approx(told.history["loss"][0], rel=1e-5)
    for own, reference in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(own, reference, rtol=1e-4, atol=1e-6)
    evaluated = engine.evaluate(np.arange(10, dtype=np.int32)[None], 0, 1)
    labels = keras.utils.to_categorical(data.test_y, 10)
    expected = theirs.evaluate(data.test_x, labels, verbose=0)
    assert evaluated.losses.mean() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("given", ['{"cow": 1}', '{"2": 1}', '{"dog": 1, "1": 2}'])
def test_weights_of_classes_that_there_are_not_are_refused(given: str):
    with pytest.raises(TrainingError, match="is no class, or one that has a weight already"):
        class_weights(given, np.array([0, 1], np.int32), ("cat", "dog"), 2)


def test_balanced_classes_count_alike():
    weights = np.array(balanced(np.array([0, 0, 0, 2, 2, 3], np.int32)))
    assert weights[1] == 0
    assert (weights * [3, 0, 2, 1]).tolist() == [2, 0, 2, 2]


@pytest.mark.parametrize("name", ["label_smoothing", "class_weight"])
def test_labels_of_numbers_are_refused(name: str):
    from nnrepro.training.losses import check_label_settings

    with pytest.raises(TrainingError, match=name):
        check_label_settings({name: 0.1}, "regression")
    check_label_settings({name: 0.1}, "classification")
