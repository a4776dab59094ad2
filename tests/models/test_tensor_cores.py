"""The layers for a GPU's matrix units compute what Keras's layers compute."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from nnrepro.models.layers.tensor_cores import (
    AlignedConv2D,
    PairMaxPooling2D,
    suit_this_device,
)

Arrays = list[NDArray[Any]]


def images(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def outputs_and_gradients(layer: keras.layers.Layer, x: NDArray[Any]) -> Arrays:
    """Outputs, and the gradients of their weighted sum by the input and by every weight."""
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        total = tf.reduce_sum(outputs * images(*outputs.shape, seed=1))
    variables = [variable.value for variable in layer.trainable_variables]
    return [outputs.numpy(), *(g.numpy() for g in tape.gradient(total, [inputs, *variables]))]


@pytest.mark.parametrize(
    ("shape", "filters", "kernel"),
    [((3, 32, 32, 3), 10, 9), ((3, 12, 12, 10), 20, 5), ((3, 12, 12, 16), 8, 5)],
)
def test_an_aligned_convolution_is_that_of_keras(
    shape: tuple[int, ...], filters: int, kernel: int
) -> None:
    """With rows of the kernel as channels, with channels filled up, and with none to fill."""
    options: dict[str, Any] = {"activation": "relu", "bias_initializer": "random_normal"}
    ours = AlignedConv2D(filters, kernel, **options)
    keras_s = keras.layers.Conv2D(filters, kernel, **options)
    for layer in (ours, keras_s):
        layer.build(shape)
    assert [w.shape for w in ours.weights] == [w.shape for w in keras_s.weights]
    ours.set_weights(keras_s.get_weights())
    found, expected = (outputs_and_gradients(layer, images(*shape)) for layer in (ours, keras_s))
    for ours_is, keras_is in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours_is, keras_is, rtol=2e-4, atol=2e-4)


def test_both_layers_draw_the_same_initial_weights() -> None:
    """With one backend a run starts at the same weights on every device."""
    drawn = []
    for kind in (AlignedConv2D, keras.layers.Conv2D):
        keras.utils.set_random_seed(3)
        layer = kind(10, 9)
        layer.build((None, 32, 32, 3))
        drawn.append(layer.get_weights()[0])
    np.testing.assert_array_equal(*drawn)


def test_pooling_in_pairs_is_that_of_keras() -> None:
    x = images(3, 24, 24, 5)
    found = outputs_and_gradients(PairMaxPooling2D(), x)
    expected = outputs_and_gradients(keras.layers.MaxPooling2D(2), x)
    for ours_is, keras_is in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours_is, keras_is)


def test_the_first_of_equal_maxima_takes_the_gradient() -> None:
    """As TensorFlow's pooling has it, which the reports used."""
    x = np.array([[1, 1], [1, 0], [0, 2], [2, 2]], np.float32).reshape(1, 4, 2, 1)
    _, ours = outputs_and_gradients(PairMaxPooling2D(), x)
    _, expected = outputs_and_gradients(keras.layers.MaxPooling2D(2), x)
    np.testing.assert_array_equal(ours, expected)
    assert np.count_nonzero(ours) == 2


def test_pooling_lets_a_divergence_be_seen() -> None:
    x = images(1, 4, 4, 1)
    x[0, 1, 1, 0] = np.nan
    outputs, _ = outputs_and_gradients(PairMaxPooling2D(), x)
    assert np.isnan(outputs[0, 0, 0, 0]) and np.isnan(outputs).sum() == 1


def test_they_are_left_alone_where_oneDNN_is_faster() -> None:
    assert not suit_this_device()
