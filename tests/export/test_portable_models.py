"""Networks that are written for other programs give what they give here."""

import os
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from forked import forked_python

from nnrepro.export.formats.keras import keras as write
from nnrepro.export.formats.onnx import onnx
from nnrepro.export.formats.savedmodel import savedmodel
from nnrepro.export.models import foreign_layers, read_keras
from nnrepro.export.registry import ExportError
from nnrepro.models.layers.pooled_convolution import PooledConv2D
from nnrepro.models.layers.portable import in_keras
from nnrepro.models.layers.recurrent import RECIPES, Recurrence
from nnrepro.models.registry import ModelError, Task, build_model, catalogue
from nnrepro.study.plugins import put_in_force

MODELS: dict[str, list[dict[str, Any]]] = {
    "image_cnn": [{"c1": 4, "c2": 3, "dropout_rate": 0.5, "augment": "light"}],
    "char_rnn": [{"cell": cell} for cell in RECIPES] + [{"layers": 2, "mask_padding": True}],
    "word_rnn": [{"cell": "lstm", "layers": 2, "mask_padding": True, "dropout_rate": 0.1}],
}
"""Parameters with which models are tried; any other model with its own."""

SHAPES = {"image": (32, 32, 3), "table": (7,)}
VOCABULARY, LENGTH, STEPS = 30, 100, 12

RUN_ALL = """
import sys, pathlib, numpy as np
{imports}
for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    known = np.load(folder / "known.npz")
    x = known["x"]
    {run}
    print(folder.name, abs(outputs - known["y"]).max() / max(1, abs(known["y"]).max()))
print([name for name in sys.modules if name.startswith({foreign})])
"""
LOAD_ALL = RUN_ALL.format(
    imports="import keras",
    run="outputs = keras.ops.convert_to_numpy(keras.saving.load_model(folder / 'model.keras')(x))",
    foreign="'nnrepro'",
)
RUN_ONNX = RUN_ALL.format(
    imports="from onnxruntime import InferenceSession",
    run="session = InferenceSession(folder / 'model.onnx'); "
    "(outputs,) = session.run(None, {session.get_inputs()[0].name: x})",
    foreign="('nnrepro', 'keras', 'tensorflow')",
)
RUN_SAVEDMODEL = RUN_ALL.format(
    imports="import tensorflow as tf",
    run="loaded = tf.saved_model.load(str(folder / 'savedmodel')); "
    "outputs = loaded.serve(x).numpy()",
    foreign="'nnrepro'",
)


def task_of(model: str) -> Task:
    """What a model is built for: recurrent ones for a few steps, as each takes its time here."""
    input = catalogue()[model].input
    text = (STEPS if model.endswith("rnn") else LENGTH,)
    return Task(SHAPES.get(input, text), 10, 0 if input in SHAPES else VOCABULARY)


def network(model: str, **parameters: Any) -> keras.Model:
    """A model with weights as large as trained ones."""
    made = build_model(model, parameters, task_of(model))
    generator = np.random.default_rng(1)
    for variable in made.trainable_variables:
        variable.assign(generator.normal(0, 0.3, variable.shape))
    return made


def examples(model: str, count: int = 6) -> Any:
    """Random examples; of texts the end is padding, and one is nothing else."""
    task, generator = task_of(model), np.random.default_rng(2)
    if not task.vocabulary_size:
        return generator.random((count, *task.input_shape), dtype=np.float32)
    ids = generator.integers(0, VOCABULARY, (count, *task.input_shape)).astype("int32")
    ids[:, -4:] = 0
    ids[0] = 0
    return ids


def outputs_of(model: Any, x: Any) -> Any:
    return keras.ops.convert_to_numpy(model(x))


def apart_in_a_fresh_process(program: str, place: Path) -> dict[str, float]:
    """How far a program's answers are from the known ones, relative to these, by folder."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "KERAS_HOME")}
    done = subprocess.run(
        [forked_python(), "-c", program, str(place)],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *lines, imported = done.stdout.splitlines()
    assert imported == "[]"
    return {name: float(number) for name, number in map(str.split, lines)}


def test_plain_keras_loads_every_model_in_a_process_without_the_library(tmp_path: Path) -> None:
    for name in catalogue():
        for at, parameters in enumerate(MODELS.get(name, [{}])):
            model, x = network(name, **parameters), examples(name)
            folder = tmp_path / f"{name}{at}"
            write(in_keras(model), to=folder)
            np.savez(folder / "known.npz", x=x, y=outputs_of(model, x))
    apart = apart_in_a_fresh_process(LOAD_ALL, tmp_path)
    assert len(apart) == sum(len(MODELS.get(name, [{}])) for name in catalogue())
    assert max(apart.values()) < 1e-5, apart


def test_the_same_network_gives_the_same_file(tmp_path: Path) -> None:
    plain = in_keras(network("char_cnn"))
    first, second = (write(plain, to=tmp_path / name)[0] for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_what_was_written_can_be_trained_further(tmp_path: Path) -> None:
    """The look-up of one-hot vectors stays as it is, all else learns."""
    write(in_keras(network("char_cnn")), to=tmp_path)
    model = read_keras(tmp_path / "model.keras")
    before = [keras.ops.convert_to_numpy(weight) for weight in model.weights]
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(examples("char_cnn"), np.arange(6), verbose=0)
    moved = [
        not np.array_equal(old, keras.ops.convert_to_numpy(new))
        for old, new in zip(before, model.weights, strict=True)
    ]
    assert moved == [weight.trainable for weight in model.weights]
    assert moved.count(False) == 1


def test_layers_of_others_stay_and_models_of_models_are_followed() -> None:
    class Doubled(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return 2 * x

    inner_input = keras.Input((5, 3))
    inner = keras.Model(inner_input, Recurrence(4, "gru", name="rnn")(inner_input), name="inner")
    inputs = keras.Input((5, 3))
    model = keras.Model(inputs, keras.layers.Dense(2)(Doubled()(inner(inputs))))
    plain = in_keras(model)
    x = np.random.default_rng(3).random((4, 5, 3), dtype=np.float32)
    np.testing.assert_allclose(outputs_of(plain, x), outputs_of(model, x), atol=1e-6)
    kinds = [type(layer).__name__ for layer in plain._flatten_layers(include_self=False)]
    assert "Doubled" in kinds and "GRU" in kinds and "Recurrence" not in kinds
    own = keras.Model(inputs, keras.layers.Dense(2)(Doubled()(inputs)))
    assert in_keras(own) is own


def test_a_layer_inside_another_is_refused() -> None:
    inputs = keras.Input((3, 5, 3))
    outputs = keras.layers.TimeDistributed(Recurrence(4, "gru", name="rnn"))(inputs)
    with pytest.raises(ModelError, match="'rnn' stands inside"):
        in_keras(keras.Model(inputs, outputs))


@pytest.mark.parametrize("name", ["char_cnn", "image_cnn"])
def test_a_savedmodel_gives_the_same(name: str, tmp_path: Path) -> None:
    import tensorflow as tf

    model, x = network(name, **MODELS.get(name, [{}])[0]), examples(name)
    loaded = tf.saved_model.load(str(savedmodel(in_keras(model), to=tmp_path)[0]))
    np.testing.assert_allclose(loaded.serve(x).numpy(), outputs_of(model, x), atol=1e-4)


def test_other_programs_run_every_model_in_a_process_without_the_library(
    tmp_path: Path, repository: Path
) -> None:
    """ONNX Runtime and TensorFlow, each by itself; those of the examples, too."""
    pytest.importorskip("tf2onnx")
    pytest.importorskip("onnxruntime")
    known: set[str] = set()
    try:
        for home in (None, *sorted((repository / "examples").glob("*/models.py"))):
            put_in_force([home] if home else [])
            for name in catalogue().keys() - known:
                for at, parameters in enumerate(MODELS.get(name, [{}])):
                    model, x = network(name, **parameters), examples(name)
                    folder = tmp_path / f"{home.parent.name if home else ''}{name}{at}"
                    onnx(in_keras(model), to=folder)
                    savedmodel(in_keras(model), to=folder)
                    np.savez(folder / "known.npz", x=x, y=outputs_of(model, x))
            known = known or {*catalogue()}
    finally:
        put_in_force([])
    for program in (RUN_ONNX, RUN_SAVEDMODEL):
        apart = apart_in_a_fresh_process(program, tmp_path)
        assert set(apart) == {folder.name for folder in tmp_path.iterdir()}
        assert max(apart.values()) < 1e-5, apart


PLUGIN = '''
import keras

from nnrepro.models.registry import Task, register


class Doubled(keras.layers.Layer):
    def call(self, x):
        return 2 * x


@register(input="table")
def doubling(task: Task) -> keras.Model:
    """A dense layer, doubled."""
    inputs = keras.Input(task.input_shape)
    return keras.Model(inputs, Doubled()(keras.layers.Dense(task.num_outputs)(inputs)))
'''


def test_layers_of_a_plugin_are_named_and_found_again(tmp_path: Path) -> None:
    (tmp_path / "doublings.py").write_text(PLUGIN)
    try:
        put_in_force([tmp_path / "doublings.py"])
        model = in_keras(build_model("doubling", {}, Task((3,), 2)))
        assert foreign_layers(model) == ["doublings.Doubled"]
        file = write(model, to=tmp_path)[0]
        x = np.ones((2, 3), dtype=np.float32)
        np.testing.assert_array_equal(outputs_of(read_keras(file), x), outputs_of(model, x))
    finally:
        put_in_force([])
    with pytest.raises(ExportError, match="Doubled"):
        read_keras(file)


def test_a_pooled_convolution_is_two_layers() -> None:
    """The model takes this layer on one backend alone; it is the same function on all."""
    inputs = keras.Input((12, 13, 3))
    model = keras.Model(inputs, PooledConv2D(4, 5, activation="relu", name="c1")(inputs))
    plain = in_keras(model)
    assert [layer.name for layer in plain.layers[1:]] == ["c1", "c1_pool"]
    x = np.random.default_rng(4).normal(size=(3, 12, 13, 3)).astype("float32")
    np.testing.assert_allclose(outputs_of(plain, x), outputs_of(model, x), atol=1e-5)
