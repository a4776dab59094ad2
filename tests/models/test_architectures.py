"""The architectures have the shapes, parameters and dropout that the reports state."""

import keras
import numpy as np
import pytest

from nnrepro.models.layers.counting import count_parameters
from nnrepro.models.registry import Task, build_model, catalogue

IMAGE = Task((32, 32, 3), 10)
CHARACTERS = Task((100,), 15, 39)
WORDS = Task((100,), 15, 300)
TABLE = Task((12,), 3)
TASKS = {"image": IMAGE, "characters": CHARACTERS, "words": WORDS, "table": TABLE}
CHANNELS = {"c1": 6, "c2": 5}


def shapes(model):
    """Output shape of every layer that has weights or pools, without the batch."""
    return {layer.name: tuple(layer.output.shape[1:]) for layer in model.layers}


def test_image_cnn_has_the_parameters_of_the_tan_report():
    """307,310 for 90/40: 21,960 and 90,040 in the convolutions, 192,300 and 3,010 after them."""
    model = build_model("image_cnn", {"c1": 90, "c2": 40}, IMAGE)
    counts = [model.get_layer(name).count_params() for name in ("c1", "c2", "f3", "f4")]
    assert counts == [21_960, 90_040, 192_300, 3_010]
    assert count_parameters(model) == 307_310


def test_image_cnn_maps():
    """VALID convolutions and 2x2 pooling: 24, 12, 8, 4."""
    got = shapes(build_model("image_cnn", CHANNELS, IMAGE))
    assert got["c1"] == (24, 24, 6) and got["s1"] == (12, 12, 6)
    assert got["c2"] == (8, 8, 5) and got["s2"] == (4, 4, 5)
    assert got["f3"] == (300,) and got["f4"] == (10,)


def test_image_cnn_dense_layer_is_linear():
    """F3 has no activation: doubling its input doubles what it gives, signs kept."""
    layer = build_model("image_cnn", CHANNELS, IMAGE).get_layer("f3")
    x = np.random.default_rng(0).normal(size=(4, 80)).astype("float32")
    np.testing.assert_allclose(layer(-2 * x), -2 * np.asarray(layer(x)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("placement", "names"),
    [
        ("flatten+dense", ["flatten", "dropout_flatten", "f3", "dropout_f3", "f4"]),
        ("dense+logits", ["flatten", "f3", "dropout_f3", "f4", "dropout_f4"]),
    ],
)
def test_image_cnn_dropout_placement(placement, names):
    """The Tan report leaves the output alone; the Koh report drops class scores."""
    settings = {**CHANNELS, "dropout_rate": 0.5, "dropout_placement": placement}
    model = build_model("image_cnn", settings, IMAGE)
    assert [layer.name for layer in model.layers][5:] == names
    assert all(layer.rate == 0.5 for layer in model.layers if "dropout" in layer.name)


def test_text_cnn_maps():
    """VALID convolutions over the whole width, SAME pooling with stride 2: 81, 41, 22, 11."""
    for name, task in (("char_cnn", CHARACTERS), ("word_cnn", WORDS)):
        got = shapes(build_model(name, {}, task))
        assert [got[layer] for layer in ("c1", "s1", "c2", "s2")] == [
            (81, 1, 10),
            (41, 1, 10),
            (22, 1, 10),
            (11, 1, 10),
        ]
        assert got["logits"] == (15,)


@pytest.mark.parametrize(
    ("name", "settings", "task", "parameters"),
    [
        ("char_cnn", {}, CHARACTERS, 20 * 256 * 10 + 10 + 20 * 100 + 10 + 110 * 15 + 15),
        ("word_cnn", {}, WORDS, 300 * 20 + 4000 + 10 + 2010 + 1665),
        ("char_rnn", {}, CHARACTERS, 256 * 60 + 20 * 60 + 120 + 315),
        ("char_rnn", {"cell": "lstm"}, CHARACTERS, 256 * 80 + 20 * 80 + 80 + 315),
        ("char_rnn", {"cell": "vanilla"}, CHARACTERS, 256 * 20 + 20 * 20 + 20 + 315),
        ("char_rnn", {"layers": 2}, CHARACTERS, 256 * 60 + 2 * 1200 + 2 * 120 + 1200 + 315),
        ("word_rnn", {}, WORDS, 300 * 20 + 1200 + 1200 + 120 + 315),
    ],
)
def test_parameters_are_counted_at_full_one_hot_width(name, settings, task, parameters):
    """Narrowed kernels count as the 256 rows that they stand for."""
    assert count_parameters(build_model(name, settings, task)) == parameters


def test_text_dropout_comes_before_the_output_layer_only():
    """After flatten in the CNNs, after the last hidden state in the RNNs."""
    for name, task in (
        ("char_cnn", CHARACTERS),
        ("word_cnn", WORDS),
        ("char_rnn", CHARACTERS),
        ("word_rnn", WORDS),
    ):
        layers = build_model(name, {"dropout_rate": 0.5}, task).layers
        assert [layer.name for layer in layers if "dropout" in layer.name] == ["dropout"]
        assert [layer.name for layer in layers[-2:]] == ["dropout", "logits"]


def test_two_layers_pass_the_whole_sequence_on():
    """The first of two recurrent layers returns its sequence."""
    got = shapes(build_model("word_rnn", {"layers": 2}, WORDS))
    assert got["rnn1"] == (100, 20) and got["rnn2"] == (20,)


def test_dropout_does_not_change_initial_weights():
    """Variants with and without dropout start from the same weights."""
    for name, spec in catalogue().items():
        settings = CHANNELS if name == "image_cnn" else {}
        weights = []
        for rate in (0.0, 0.5):
            keras.utils.set_random_seed(3)
            model = build_model(name, {**settings, "dropout_rate": rate}, TASKS[spec.input])
            weights.append(model.get_weights())
        for without, with_dropout in zip(*weights, strict=True):
            np.testing.assert_array_equal(without, with_dropout)


@pytest.mark.parametrize("name", list(catalogue()))
def test_every_model_learns_in_two_steps(name):
    """Logits of the right shape; two steps of SGD on one batch lower its loss; all weights move."""
    spec = catalogue()[name]
    task = TASKS[spec.input]
    keras.utils.set_random_seed(0)
    model = build_model(name, CHANNELS if name == "image_cnn" else {}, task)
    generator = np.random.default_rng(0)
    if not task.vocabulary_size:
        x = generator.random((16, *task.input_shape), dtype=np.float32)
    else:
        x = generator.integers(0, task.vocabulary_size, (16, 100)).astype("int32")
    y = generator.integers(0, task.num_classes, 16)
    before = model.get_weights()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = [model.train_on_batch(x, y) for _ in range(3)]
    assert model(x).shape == (16, task.num_classes)
    assert losses[2] < losses[0]
    for old, new in zip(before, model.get_weights(), strict=True):
        assert not np.array_equal(old, new)


def test_image_cnn_in_bfloat16_keeps_its_weights_and_logits_in_float32():
    """The same initial network to the accuracy of eight bits; the default computes in float32."""
    image = np.random.default_rng(0).random((8, 32, 32, 3)).astype("float32")
    exact = build_model("image_cnn", CHANNELS, IMAGE)
    rough = build_model("image_cnn", {**CHANNELS, "precision": "bfloat16"}, IMAGE)
    assert all(layer.compute_dtype == "float32" for layer in exact.layers)
    assert rough.get_layer("c1").compute_dtype == "bfloat16"
    assert {str(weight.dtype) for weight in rough.weights} == {"float32"}
    rough.set_weights(exact.get_weights())
    logits = np.asarray(rough(image))
    assert logits.dtype == np.float32
    want = np.asarray(exact(image))
    assert 0 < np.abs(logits - want).max() < 0.05 * np.abs(want).max()
