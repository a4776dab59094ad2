"""Models with all that Keras's `fit` sees to, trained by an engine and by `fit`; a program.

    python beside_keras.py <folder>

prints a JSON dictionary by model: `ours` and `keras`, each the loss, val_loss and further curves
per epoch, and the greatest difference of the final weights.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from small_runs import SETTINGS, train

from nnrepro.data.dataset import Dataset
from nnrepro.metrics.registry import MULTI_LABEL, REGRESSION
from nnrepro.models.registry import Task, build_model, register
from nnrepro.study.run import Run
from nnrepro.training.optimizers import make_optimizer
from nnrepro.training.seeding import example_order
from nnrepro.training.targets import in_own_units, units_of

if TYPE_CHECKING:
    import keras

BATCH, EPOCHS, CLASSES = 8, 3, 3
"""Batches that divide neither the training nor the test set."""


def weights_decay(task: Task, *, l2: float = 0.1) -> "keras.Model":
    """Two regularised layers."""
    import keras

    inputs = keras.Input(task.input_shape)
    x = keras.layers.Dense(
        6, "tanh", kernel_regularizer=keras.regularizers.L2(l2), bias_regularizer="l1"
    )(inputs)
    outputs = keras.layers.Dense(task.num_outputs, kernel_regularizer="orthogonal_regularizer")(x)
    return keras.Model(inputs, outputs)


def activities_decay(task: Task) -> "keras.Model":
    """A layer whose answers are kept small."""
    import keras

    inputs = keras.Input(task.input_shape)
    penalty = keras.regularizers.L1L2(0.05, 0.01)
    x = keras.layers.Dense(6, "relu", activity_regularizer=penalty)(inputs)
    return keras.Model(inputs, keras.layers.Dense(task.num_outputs)(x))


def adds_losses(task: Task) -> "keras.Model":
    """A layer of its own that adds to the loss, from its examples and from its weights."""
    import keras

    class Adding(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

        def call(self, x: Any) -> Any:
            self.add_loss(0.3 * keras.ops.mean(keras.ops.square(x * self.scale)))
            self.add_loss(0.2 * keras.ops.sum(keras.ops.abs(self.scale)))
            return x * self.scale

    inputs = keras.Input(task.input_shape)
    x = Adding()(keras.layers.Dense(6, "tanh")(inputs))
    return keras.Model(inputs, keras.layers.Dense(task.num_outputs)(x))


def normalises_batches(task: Task) -> "keras.Model":
    """Moving statistics, which the last batch of an epoch must not bend."""
    import keras

    inputs = keras.Input(task.input_shape)
    x = keras.layers.Dense(6, "relu", kernel_regularizer="l2")(inputs)
    x = keras.layers.BatchNormalization(momentum=0.7)(x)
    return keras.Model(inputs, keras.layers.Dense(task.num_outputs)(x))


def is_constrained(task: Task) -> "keras.Model":
    """Weights within a norm, and some that are not trained."""
    import keras

    inputs = keras.Input(task.input_shape)
    x = keras.layers.Dense(6, "tanh", trainable=False, kernel_regularizer="l2")(inputs)
    x = keras.layers.Dense(6, "tanh", kernel_constraint=keras.constraints.MaxNorm(0.4))(x)
    return keras.Model(inputs, keras.layers.Dense(task.num_outputs, kernel_constraint="non_neg")(x))


def has_nothing_to_add(task: Task) -> "keras.Model":
    """No penalty at all."""
    import keras

    inputs = keras.Input(task.input_shape)
    x = keras.layers.Dense(6, "tanh")(inputs)
    return keras.Model(inputs, keras.layers.Dense(task.num_outputs)(x))


MODELS = {
    function.__name__: function
    for function in (
        weights_decay,
        activities_decay,
        adds_losses,
        normalises_batches,
        is_constrained,
        has_nothing_to_add,
    )
}


TASKS = {"several_labels": MULTI_LABEL, "numbers": REGRESSION}
"""Further ways of judging the last of the models: name, and the task."""


def register_models() -> None:
    """Add the models to the catalogue."""
    for function in MODELS.values():
        register(input="table")(function)


def table_data() -> Dataset:
    """37 training examples of five numbers, 21 to test on, 11 held out."""
    generator = np.random.default_rng(5)
    y = generator.integers(0, CLASSES, 69).astype(np.int32)
    x = (generator.normal(size=(69, 5)) + y[:, None]).astype(np.float32)
    return Dataset(
        train_x=x[:37],
        train_y=y[:37],
        test_x=x[37:58],
        test_y=y[37:58],
        test_sizes=(21,),
        num_classes=CLASSES,
        vocabulary_size=0,
        input="table",
        meta={},
        validation_x=x[58:],
        validation_y=y[58:],
    )


def judged_otherwise(task: str) -> Dataset:
    """The same examples with two labels each, or with two numbers of unlike size."""
    data = table_data()
    meta = {"task": task, "num_outputs": 2}

    def outputs(x: Any) -> Any:
        values = np.stack([x[:, 0] - x[:, 1], 1000 + 300 * x[:, 2]], axis=1)
        return (values > [0, 1000] if task == MULTI_LABEL else values).astype(np.float32)

    return replace(
        data,
        train_y=outputs(data.train_x),
        test_y=outputs(data.test_x),
        validation_y=outputs(data.validation_x),
        num_classes=0,
        meta=meta,
    )


def table_run(model: str, **settings: Any) -> Run:
    """A run of one of the models."""
    own = {"batch_size": BATCH, "epochs": EPOCHS, "learning_rate": 0.05, "optimizer": "sgd"}
    return Run(
        protocol="tan",
        experiment="small",
        variant=model,
        seed=3,
        label=model,
        model=model,
        input="table",
        settings={**SETTINGS, **own, **settings},
    )


def built(run: Run, data: Dataset) -> "keras.Model":
    """The run's model; a regression's in the units of its targets."""
    task = Task((5,), data.num_classes, 0, run.seed, kind=data.task, num_outputs=data.num_outputs)
    model = build_model(run.model, run.settings, task)
    return in_own_units(model, units_of(data.train_y)) if data.task == REGRESSION else model


def by_the_engine(run: Run, data: Dataset, folder: Path) -> tuple[dict[str, Any], "keras.Model"]:
    """Curves and final model of `train_run`."""
    out = train(run, data, folder)
    model = built(run, data)
    model.load_weights(out / "final.weights.h5")
    history = json.loads((out / "history.json").read_text())
    held_out = json.loads((out / "history_validation.json").read_text())
    return {**history, "held_out": held_out["val_loss"]}, model


def by_keras(run: Run, data: Dataset) -> tuple[dict[str, Any], "keras.Model"]:
    """Curves and final model of `keras.Model.fit`, examples in the same order."""
    import keras

    keras.utils.set_random_seed(run.seed)
    model = built(run, data)
    judges: dict[str, tuple[Any, list[Any]]] = {
        "classification": (
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            ["accuracy"],
        ),
        MULTI_LABEL: (
            keras.losses.BinaryCrossentropy(from_logits=True),
            [keras.metrics.BinaryAccuracy(threshold=0)],
        ),
        REGRESSION: (in_units(data.train_y), ["mean_absolute_error"]),
    }
    loss, metrics = judges[data.task]
    model.compile(optimizer=make_optimizer(run.settings), loss=loss, metrics=metrics)
    curves: dict[str, Any] = {"held_out": []}
    for epoch in range(run.settings["epochs"]):
        order = example_order(run.seed, epoch, len(data.train_y))
        told = model.fit(
            data.train_x[order],
            data.train_y[order],
            batch_size=BATCH,
            shuffle=False,
            verbose=0,
            validation_data=(data.test_x, data.test_y),
            validation_batch_size=BATCH,
        ).history
        for name, values in told.items():
            curves.setdefault(name, []).extend(values)
        held_out = (data.validation_x, data.validation_y)
        curves["held_out"].append(model.evaluate(*held_out, batch_size=BATCH, verbose=0)[0])
    return curves, model


def in_units(targets: Any) -> Any:
    """Keras's mean squared error of targets in units of their spread."""
    import keras

    spread = keras.ops.convert_to_tensor(np.std(targets, axis=0))
    return lambda true, answer: keras.losses.mean_squared_error(true / spread, answer / spread)


def main() -> None:
    """Train every model in both ways."""
    register_models()
    cases = {name: (table_run(name), table_data()) for name in MODELS}
    for name, task in TASKS.items():
        cases[name] = table_run("has_nothing_to_add", loss=""), judged_otherwise(task)
    results = {}
    for name, (run, data) in cases.items():
        ours, model = by_the_engine(run, data, Path(sys.argv[1]) / name)
        keras, reference = by_keras(run, data)
        apart = [
            float(np.abs(np.asarray(a) - np.asarray(b)).max())
            for a, b in zip(model.get_weights(), reference.get_weights(), strict=True)
        ]
        results[name] = {"ours": ours, "keras": keras, "weights_apart": max(apart)}
    print(json.dumps(results))


if __name__ == "__main__":
    main()
