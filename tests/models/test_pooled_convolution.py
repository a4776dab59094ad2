"""The merged layer computes what Keras's convolution and pooling compute."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from nnrepro.models.layers import pooled_convolution
from nnrepro.models.layers.pooled_convolution import PooledConv2D, suits_this_device
from nnrepro.models.registry import Task, build_model
from nnrepro.training.contract import needs_xla

Arrays = list[NDArray[Any]]


def images(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def keras_s_layers(filters: int, kernel: Any, **options: Any) -> keras.Sequential:
    return keras.Sequential(
        [keras.layers.Conv2D(filters, kernel, **options), keras.layers.MaxPooling2D(2)]
    )


def outputs_and_gradients(layer: keras.layers.Layer, x: NDArray[Any]) -> Arrays:
    """Outputs, and the gradients of their weighted sum by the input and by every weight."""
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        total = tf.reduce_sum(outputs * images(*outputs.shape, seed=1))
    variables = [variable.value for variable in layer.trainable_variables]
    return [outputs.numpy(), *(g.numpy() for g in tape.gradient(total, [inputs, *variables]))]


@pytest.fixture(params=["cpu", "gpu"])
def device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form for a processor, and the one for a GPU."""
    monkeypatch.setattr(pooled_convolution, "device_kind", lambda: request.param)


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("shape", "filters", "kernel"),
    [
        ((3, 32, 32, 3), 10, 9),
        ((3, 12, 12, 10), 20, 5),
        ((2, 13, 10, 1), 3, 4),
        ((2, 11, 14, 6), 3, 2),
        ((2, 9, 9, 2), 5, 8),
        ((2, 9, 12, 7), 5, (8, 3)),
    ],
    ids=["C1", "C2", "odd-few-channels", "odd-many-channels", "a-single-output", "not-square"],
)
def test_it_is_keras_s_convolution_and_pooling(
    shape: tuple[int, ...], filters: int, kernel: Any, bias: bool
) -> None:
    """By blocks of any size, where blocks fill the image and where they do not."""
    options: dict[str, Any] = {
        "activation": "relu",
        "bias_initializer": "random_normal",
        "use_bias": bias,
    }
    ours, expected = (
        PooledConv2D(filters, kernel, **options),
        keras_s_layers(filters, kernel, **options),
    )
    for layer in (ours, expected):
        layer.build(shape)
    assert [w.shape for w in ours.weights] == [w.shape for w in expected.weights]
    ours.set_weights(expected.get_weights())
    assert ours.compute_output_shape(shape) == expected.compute_output_shape(shape)
    x = images(*shape)
    for ours_is, keras_is in zip(
        outputs_and_gradients(ours, x), outputs_and_gradients(expected, x), strict=True
    ):
        np.testing.assert_allclose(ours_is, keras_is, rtol=2e-4, atol=2e-4)


def test_the_same_initial_weights_are_drawn() -> None:
    """With one backend a run starts at the same weights on every device."""
    drawn = []
    for kind in (PooledConv2D, keras.layers.Conv2D):
        keras.utils.set_random_seed(3)
        layer = kind(10, 9)
        layer.build((None, 32, 32, 3))
        drawn.append(layer.get_weights()[0])
    np.testing.assert_array_equal(*drawn)


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("channels", [1, 5], ids=["few-channels", "many-channels"])
def test_the_first_of_equal_maxima_takes_the_gradient(channels: int) -> None:
    """As TensorFlow's pooling has it, which the reports used."""
    x = np.array([[1, 1], [1, 0], [0, 2], [2, 2]], np.float32).reshape(1, 4, 2, 1)
    x = np.repeat(x, channels, axis=3)
    ours = PooledConv2D(1, 1, use_bias=False, kernel_initializer="ones")
    _, gradient, _ = outputs_and_gradients(ours, x)
    _, expected = outputs_and_gradients(keras.layers.MaxPooling2D(2), x)
    np.testing.assert_array_equal(gradient != 0, expected != 0)
    assert np.count_nonzero(gradient) == 2 * channels


@pytest.mark.usefixtures("device")
def test_a_divergence_is_seen() -> None:
    x = images(1, 4, 4, 1)
    x[0, 1, 1, 0] = np.nan
    assert np.isnan(PooledConv2D(1, 1, activation="relu")(x).numpy()[0, 0, 0, 0])


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_weights_of_the_merged_network_can_be_read_by_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    """With another backend, and for feature maps, which need every layer's output."""
    settings = {"c1": 10, "c2": 20, "precision": precision}
    task = Task((32, 32, 3), 10)
    monkeypatch.setattr(pooled_convolution, "suits_this_device", lambda *_: True)
    merged = build_model("image_cnn", settings, task)
    inspected = build_model("image_cnn", settings, replace(task, inspected=True))
    monkeypatch.setattr(pooled_convolution, "suits_this_device", lambda *_: False)
    elsewhere = build_model("image_cnn", settings, task)
    assert [layer.name for layer in inspected.layers] == [layer.name for layer in elsewhere.layers]
    assert not {"s1", "s2"} & {layer.name for layer in merged.layers}
    merged.save_weights(tmp_path / "merged.weights.h5")
    x = images(5, 32, 32, 3)
    tolerance = 1e-5 if precision == "float32" else 0.05
    for model in (inspected, elsewhere):
        model.load_weights(tmp_path / "merged.weights.h5")
        np.testing.assert_allclose(merged(x), model(x), atol=tolerance)


@pytest.mark.parametrize(
    ("changed", "suits"),
    [
        ({}, True),
        ({"device": "gpu"}, False),
        ({"avx512": True}, False),
        ({"examples": 250}, False),
        ({"examples": 0}, False),
        ({"precision": "bfloat16"}, False),
    ],
    ids=["processor", "gpu", "oneDNN-is-faster", "short-epochs", "not-for-training", "bfloat16"],
)
def test_with_tensorflow_it_is_taken_where_it_was_measured_to_be_faster(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], suits: bool
) -> None:
    """And a model that has it says that XLA is to compile its training."""
    case = {"device": "cpu", "avx512": False, "examples": 10_000, "precision": "float32", **changed}
    monkeypatch.setattr(pooled_convolution, "device_kind", lambda: case["device"])
    monkeypatch.setattr(pooled_convolution, "has_avx512", lambda: case["avx512"])
    assert suits_this_device(case["examples"], case["precision"]) is suits
    settings = {"c1": 2, "c2": 2, "precision": case["precision"]}
    model = build_model("image_cnn", settings, Task((32, 32, 3), 10, examples=case["examples"]))
    assert any(isinstance(layer, PooledConv2D) for layer in model.layers) is suits
    assert needs_xla(model, "image_cnn") is suits
