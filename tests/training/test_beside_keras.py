"""What Keras's `fit` makes of a model, the engines make of it, on every backend installed."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from beside_keras import MODELS, TASKS, register_models, table_data, table_run
from forked import forked_python
from small_runs import train

from nnrepro.models import registry
from nnrepro.models.registry import ModelSpec, Task, build_model
from nnrepro.training.contract import check_model, treats_examples_apart
from nnrepro.training.errors import TrainingError

PROGRAM = Path(__file__).with_name("beside_keras.py")
BACKENDS = [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)]


@pytest.fixture(autouse=True)
def models(own_definitions: None) -> None:
    """The models are in the catalogue, for as long as a test."""
    register_models()


@pytest.fixture(scope="module", params=BACKENDS)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, repository: Path
) -> dict[str, Any]:
    """Curves and final weights by model, of the engine and of `fit`."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": request.param,
        "PYTHONPATH": os.pathsep.join([str(repository / "scripts"), *sys.path]),
    }
    command = [forked_python(), str(PROGRAM), str(tmp_path_factory.mktemp("runs"))]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("model", [*MODELS, *TASKS])
def test_penalties_statistics_constraints_and_tasks_are_those_of_fit(
    both: dict[str, Any], model: str
) -> None:
    """The same losses and metrics, in training and beside it, and the same final weights."""
    found = both[model]
    for curve, expected in found["keras"].items():
        np.testing.assert_allclose(found["ours"][curve], expected, rtol=1e-5, err_msg=curve)
    assert found["weights_apart"] < 1e-5


def test_a_stronger_regulariser_trains_other_weights(tmp_path: Path) -> None:
    """A penalty of 10 keeps the weights small, and stands in the loss that is recorded."""
    losses, sizes = [], []
    for l2 in (0.0, 10.0):
        run = table_run("weights_decay", l2=l2, learning_rate=0.01)
        out = train(run, table_data(), tmp_path / str(l2))
        losses.append(json.loads((out / "history.json").read_text())["loss"][0])
        model = build_model("weights_decay", run.settings, Task((5,), 3))
        model.load_weights(out / "final.weights.h5")
        sizes.append(float(np.square(model.get_weights()[0]).sum()))
    assert losses[1] > 2 * losses[0]
    assert sizes[1] < sizes[0] / 2


@pytest.mark.parametrize("model", list(MODELS))
def test_batches_are_filled_up_only_where_examples_do_not_meet(model: str) -> None:
    apart = treats_examples_apart(build_model(model, {}, Task((5,), 3)))
    assert apart is (model in ("weights_decay", "has_nothing_to_add"))


@pytest.mark.parametrize("model", ["image_cnn", "char_rnn", "word_cnn"])
def test_models_of_the_study_have_their_batches_filled_up(model: str) -> None:
    """As ever: their histories are those of the archives."""
    shape = (32, 32, 3) if model == "image_cnn" else (100,)
    settings = {"c1": 2, "c2": 2, "dropout_rate": 0.5}
    assert treats_examples_apart(build_model(model, settings, Task(shape, 10, 30)))


def _dense(**options: Any) -> tuple[Any, Any]:
    inputs = keras.Input((5,), **options)
    return inputs, keras.layers.Dense(3)(inputs)


def _compiled() -> keras.Model:
    model = keras.Model(*_dense())
    model.compile(loss="mse")
    return model


def _with_a_step_of_its_own() -> keras.Model:
    class Own(keras.Model):
        def train_step(self, *data: Any) -> dict[str, Any]:
            return {}

    return Own(*_dense())


def _with_a_metric() -> keras.Model:
    class Measured(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.spread = keras.metrics.Mean("spread")

        def call(self, x: Any) -> Any:
            return x

    inputs, outputs = _dense()
    return keras.Model(inputs, Measured()(outputs))


def _softmax() -> keras.Model:
    inputs, outputs = _dense()
    return keras.Model(inputs, keras.layers.Softmax()(outputs))


def _two_outputs() -> keras.Model:
    inputs, outputs = _dense()
    return keras.Model(inputs, [outputs, outputs])


def _frozen() -> keras.Model:
    model = keras.Model(*_dense())
    model.trainable = False
    return model


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (_compiled, "model 'own' is compiled; leave that out"),
        (_with_a_step_of_its_own, "model 'own' has a train_step of its own"),
        (_with_a_metric, "model 'own' has a metric of its own, spread"),
        (_softmax, "model 'own' ends in a softmax; leave it out"),
        (_two_outputs, "model 'own' has 1 inputs and 2 outputs"),
        (_frozen, "model 'own' has no weights to train"),
        (lambda: keras.Model(*_dense(dtype="int32")), "model 'own' reads int32, but .* float32"),
        (lambda: keras.Sequential([keras.Input((5,)), keras.layers.Dense(4)]), r"not \(None, 3\)"),
        (lambda: keras.Sequential([keras.layers.Dense(3)]), "made of inputs and outputs"),
    ],
)
def test_what_training_would_drop_is_refused(
    build: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name, before any step and with the remedy."""
    spec = ModelSpec("own", "table", {}, "", lambda task: build())
    registry._registered.add("own", spec, __name__)
    with pytest.raises(TrainingError, match=message):
        train(table_run("own"), table_data(), tmp_path)
    assert not (tmp_path / "out").exists()


def test_ids_may_be_read_as_numbers() -> None:
    model = keras.Model(*_dense())
    check_model(model, "own", examples=np.dtype(np.int32), task=Task((5,), 3))
