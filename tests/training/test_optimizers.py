"""Optimisers and schedules: Keras's own, with arguments by their names, exact on resume."""

import inspect
import json
import math
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from small_runs import small_data, small_run, train

from nnrepro.study.optimizers import NOT_TAKEN, OPTIMIZERS, SCHEDULES, optimizer_problems
from nnrepro.training.backends import make_engine
from nnrepro.training.checkpoint import CheckpointPolicy, Checkpoints
from nnrepro.training.errors import TrainingError, TrainingInterrupted
from nnrepro.training.losses import Objective
from nnrepro.training.optimizers import described, make_optimizer
from nnrepro.training.schedules import FUNCTIONS, Schedule

NEVER = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"}


def test_every_optimizer_of_keras_is_known_with_its_arguments_and_defaults():
    """The table says what the signatures of the installed Keras say."""
    classes = {
        name: kind
        for name, kind in vars(keras.optimizers).items()
        if inspect.isclass(kind) and name not in NEVER
    }
    told = {kind: dict(arguments) for kind, arguments in OPTIMIZERS.values()}
    assert told == {
        name: {
            argument: parameter.default
            for argument, parameter in inspect.signature(kind).parameters.items()
            if argument not in (*NOT_TAKEN, "kwargs")
        }
        for name, kind in classes.items()
    }


def test_the_page_on_training_has_every_schedule_with_its_options(repository: Path):
    page = (repository / "docs/training.md").read_text(encoding="utf-8")
    told = page.partition("\n`schedule` ")[2].partition("\n\n")[0]
    assert {*re.findall(r"`(\w+)`", told)} >= {*SCHEDULES}.union(*SCHEDULES.values())


def test_the_options_of_schedules_are_those_of_their_functions():
    """One function for each schedule, whose keyword-only parameters are its options."""
    assert {
        name: tuple(
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        )
        for name, function in FUNCTIONS.items()
    } == dict(SCHEDULES)


TRIED: dict[str, dict[str, Any]] = {
    **{name: {"weight_decay": 0.1} for name in OPTIMIZERS},
    "adafactor": {"relative_step": False, "global_clipnorm": 0.5},
    "adam": {"schedule": "cosine", "warmup_epochs": 0.5, "beta_1": 0.5, "amsgrad": True},
    "adamw": {"schedule": "step", "step_epochs": 1.0, "weight_decay": 0.5},
    "lion": {"schedule": "linear", "decay_to": 0.1, "clipnorm": 0.1},
    "muon": {"ns_steps": 3},
    "nadam": {"gradient_accumulation_steps": 2},
    "rmsprop": {"momentum": 0.9, "centered": True, "schedule": "exponential"},
    "sgd": {"momentum": 0.9, "nesterov": True, "use_ema": True, "ema_overwrite_frequency": 2},
}


def small_model() -> keras.Model:
    """Dense layers: an embedding's gradients Keras takes row by row, the engines as a whole."""
    keras.utils.set_random_seed(4)
    inputs = keras.Input((32, 32, 3))
    x = keras.layers.AveragePooling2D(8)(inputs)
    x = keras.layers.Dense(8, "tanh")(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Dense(10)(x))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_engine_trains_as_keras_fit_does(name: str):
    """With each optimiser and arguments of its own: the same weights after four steps."""
    data = small_data("image", train=40, test=(10,))
    settings = {"optimizer": name, "learning_rate": 0.1, "batch_size": 20, "epochs": 2}
    settings |= TRIED[name]
    ours, theirs = small_model(), small_model()
    engine = make_engine(ours, make_optimizer(settings, examples=40), Objective(), data, xla=False)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    theirs.compile(make_optimizer(settings, examples=40), loss=loss, run_eagerly=True)
    order = np.arange(40, dtype=np.int32).reshape(2, 20)
    for _ in range(2):
        engine.train(order, np.ones((2, 20), np.float32), 0, 2)
        for batch in order:
            theirs.train_on_batch(data.train_x[batch], data.train_y[batch])
    for own, reference in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(own, reference, rtol=1e-4, atol=1e-5)
    moving = [float(np.abs(value).sum()) for value in engine.variables()]
    assert all(math.isfinite(value) for value in moving)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"schedule": "constant", "warmup_epochs": 1.0}, [0.5, 1, 1, 1, 1, 1, 1, 1]),
        ({"schedule": "linear"}, [1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]),
        (
            {"schedule": "step", "step_epochs": 2.0, "step_factor": 0.5},
            [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5],
        ),
        ({"schedule": "exponential", "decay_to": 0.0625}, [2 ** (-at / 2) for at in range(8)]),
        (
            {"schedule": "cosine", "warmup_epochs": 2.0, "decay_to": 0.2},
            [0.25, 0.5, 0.75, 1, *(0.6 + 0.4 * math.cos(math.pi * at / 4) for at in range(4))],
        ),
    ],
)
def test_a_schedule_is_a_function_of_the_step(options: dict[str, Any], expected: list[float]):
    """Of four epochs of two steps: shares of the learning rate, warm-up before decay."""
    settings = {"optimizer": "sgd", "batch_size": 10, "epochs": 4, "learning_rate": 0.5, **options}
    optimizer = make_optimizer(settings, examples=15)
    rates = []
    for at in range(8):
        optimizer.iterations.assign(at)
        rates.append(float(optimizer.learning_rate))
    np.testing.assert_allclose(rates, 0.5 * np.array(expected), rtol=1e-6)
    assert described(optimizer)["learning_rate"] == 0.5


def test_a_constant_learning_rate_is_a_number():
    """So that runs without a schedule are what they were."""
    optimizer = make_optimizer({"optimizer": "sgd", "batch_size": 1, "epochs": 1})
    assert not isinstance(optimizer._learning_rate, Schedule)
    assert float(optimizer.learning_rate) == pytest.approx(0.01)
    assert make_optimizer({"optimizer": "adamw"}).weight_decay == 0.004


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"optimizer": "adam", "momentum": 0.9},
            "momentum: 0.9 is no argument of optimizer 'adam'",
        ),
        ({"optimizer": "lion", "beta": 0.9}, "did you mean 'beta_"),
        ({"optimizer": "sgd", "clipnorm": 1.0, "clipvalue": 1.0}, "leave out 'clipvalue'"),
        ({"optimizer": "sgd", "nesterov": True}, "no effect without momentum"),
        ({"optimizer": "sgd", "ema_momentum": 0.9}, "no effect without 'use_ema: true'"),
        ({"optimizer": "sgd", "schedule": "cosine", "step_epochs": 2.0}, "it is for 'step'"),
        ({"optimizer": "sgd", "step_factor": 2.0}, "schedule 'constant' takes none"),
        ({"optimizer": "sgd", "schedule": "step"}, "step_epochs: schedule 'step' needs it"),
        ({"optimizer": "sgd", "schedule": "exponential", "decay_to": 0.0}, "never reaches 0"),
    ],
)
def test_what_has_no_effect_is_refused(settings: dict[str, Any], words: str):
    """Before any job where it is configured, and by the optimiser's maker."""
    (problem,) = optimizer_problems(settings)
    assert words in problem
    with pytest.raises(TrainingError):
        make_optimizer({"learning_rate": 0.1, "batch_size": 1, "epochs": 1, **settings})


def test_nothing_is_asked_by_zero():
    """A study may give 0 for all its optimisers."""
    asked = {"momentum": 0.0, "clipvalue": 0.0, "nesterov": False}
    assert not list(optimizer_problems({"optimizer": "adam", **asked}))
    assert make_optimizer({"optimizer": "adam", **asked}).clipvalue is None


def test_a_scheduled_run_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch):
    """The learning rate follows from the step, also after a kill: the same to the last bit."""
    settings = {
        "epochs": 3,
        "optimizer": "sgd",
        "momentum": 0.9,
        "schedule": "cosine",
        "warmup_epochs": 1.0,
    }
    run, data = small_run("word_cnn", **settings), small_data("words", train=64, test=(10,))
    whole = train(run, data, tmp_path / "whole")
    taken: list[int] = []
    once = Checkpoints.save

    def save_and_stop(self, progress, variables):
        once(self, progress, variables)
        taken.append(progress.epoch)
        if len(taken) == 3:
            raise TrainingInterrupted("killed")

    monkeypatch.setattr(Checkpoints, "save", save_and_stop)
    always = CheckpointPolicy(every_seconds=0)
    with pytest.raises(TrainingInterrupted):
        train(run, data, tmp_path / "killed", policy=always)
    out = train(run, data, tmp_path / "killed", policy=always)
    for name in ("history.json", "final.weights.h5"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    assert json.loads((out / "run.json").read_text())["optimizer"]["momentum"] == 0.9
