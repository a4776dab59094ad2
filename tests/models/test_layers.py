"""The fast layers do exactly what plain Keras layers do, forward and backward."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from nnrepro.models.layers.convolution import FullWidthConv2D
from nnrepro.models.layers.dropout import dropout
from nnrepro.models.layers.one_hot import FirstRows, OneHotConv2D
from nnrepro.models.layers.pooling import RowMaxPooling2D
from nnrepro.models.layers.recurrent import Recurrence
from nnrepro.models.registry import Task

VOCABULARY = 12
WIDTH = 256
TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}
PLAIN_CELLS = {
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
    "vanilla": keras.layers.SimpleRNN,
}


@pytest.fixture
def generator():
    """Random numbers of this test."""
    return np.random.default_rng(7)


@pytest.fixture
def ids(generator):
    """Ids of 6 examples, some ending in repeats as padding does."""
    ids = generator.integers(0, VOCABULARY, (6, 30)).astype("int32")
    ids[:2, 9:] = 0
    return ids


def outcome(layer, x, weigh, variables, *, watch=False, compiled=False):
    """Output of `layer`, and the gradients of its weighted sum by variables (and by `x`)."""

    def compute(x):
        with tf.GradientTape() as tape:
            if watch:
                tape.watch(x)
            output = layer(x)
            total = ops.sum(output * weigh)
        sources = [*(variable.value for variable in variables), *([x] if watch else [])]
        return output, tape.gradient(total, sources)

    function = tf.function(compute, jit_compile=True) if compiled else compute
    output, gradients = function(tf.constant(x))
    return output.numpy(), [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]


def full_rows(gradient, axis, used):
    """The used rows of a full-width gradient; the rest must be zero."""
    kept, rest = np.split(gradient, [used], axis=axis)
    assert not rest.any()
    return kept


@pytest.mark.parametrize("compiled", [False, True])
def test_one_hot_convolution_equals_conv2d_on_one_hot_vectors(ids, generator, compiled):
    """Look-ups and sums give the output and gradients of a 5x256 convolution."""
    weigh = generator.normal(size=(6, 26, 1, 4)).astype("float32")
    plain = keras.layers.Conv2D(4, (5, WIDTH), activation="relu")
    one_hot = ops.expand_dims(ops.one_hot(ids, WIDTH), -1)
    plain(one_hot)
    fast = OneHotConv2D(4, 5, VOCABULARY, activation="relu")
    fast(ids)
    fast.set_weights([plain.kernel.numpy()[:, :VOCABULARY], generator.normal(size=4)])
    plain.bias.assign(fast.bias)
    expected, expected_gradients = outcome(plain, one_hot, weigh, plain.trainable_variables)
    got, gradients = outcome(fast, ids, weigh, fast.trainable_variables, compiled=compiled)
    np.testing.assert_allclose(got, expected, **TOLERANCE)
    used = full_rows(expected_gradients[0], 1, VOCABULARY)
    np.testing.assert_allclose(gradients[0], used, **TOLERANCE)
    np.testing.assert_allclose(gradients[1], expected_gradients[1], **TOLERANCE)


@pytest.mark.parametrize("as_product", [False, True])
@pytest.mark.parametrize(("width", "channels"), [(7, 1), (1, 3)])
def test_full_width_convolution_equals_conv2d(generator, as_product, width, channels):
    """Both ways give output and gradients of Conv2D, for the input too."""
    x = generator.normal(size=(3, 20, width, channels)).astype("float32")
    weigh = generator.normal(size=(3, 16, 1, 4)).astype("float32")
    plain = keras.layers.Conv2D(4, (5, width), activation="relu")
    fast = FullWidthConv2D(4, 5, activation="relu", as_product=as_product)
    plain(x)
    fast(x)
    plain.set_weights([plain.kernel.numpy(), generator.normal(size=4)])
    fast.set_weights(plain.get_weights())
    expected, expected_gradients = outcome(plain, x, weigh, plain.trainable_variables, watch=True)
    got, gradients = outcome(fast, x, weigh, fast.trainable_variables, watch=True)
    np.testing.assert_allclose(got, expected, **TOLERANCE)
    for gradient, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, wanted, **TOLERANCE)


@pytest.mark.parametrize("length", [81, 22, 7, 4, 3])
def test_row_pooling_equals_max_pooling(generator, length):
    """SAME padding of even and odd lengths, output and gradient."""
    x = generator.normal(size=(3, length, 1, 2)).astype("float32")
    plain, fast = keras.layers.MaxPooling2D(4, 2, padding="same"), RowMaxPooling2D(4, 2)
    weigh = generator.normal(size=plain(x).shape).astype("float32")
    expected, (expected_gradient,) = outcome(plain, x, weigh, [], watch=True)
    got, (gradient,) = outcome(fast, x, weigh, [], watch=True)
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_allclose(gradient, expected_gradient, **TOLERANCE)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("cell", list(PLAIN_CELLS))
def test_recurrence_equals_keras_on_features(generator, cell, return_sequences, compiled):
    """Hoisting the projection changes nothing: output, gradients by weights and by input."""
    x = generator.normal(size=(5, 12, 6)).astype("float32")
    plain = PLAIN_CELLS[cell](4, return_sequences=return_sequences)
    fast = Recurrence(4, cell, return_sequences=return_sequences)
    weigh = generator.normal(size=plain(x).shape).astype("float32")
    fast(x)
    values = [generator.normal(0, 0.5, weight.shape) for weight in plain.weights]
    plain.set_weights(values)
    fast.set_weights(values)
    expected, expected_gradients = outcome(plain, x, weigh, plain.trainable_variables, watch=True)
    got, gradients = outcome(
        fast, x, weigh, fast.trainable_variables, watch=True, compiled=compiled
    )
    np.testing.assert_allclose(got, expected, **TOLERANCE)
    for gradient, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, wanted, **TOLERANCE)


@pytest.mark.parametrize("cell", list(PLAIN_CELLS))
def test_recurrence_equals_keras_on_one_hot_vectors(ids, generator, cell):
    """Kernel rows looked up by id equal products with one-hot vectors 256 wide."""
    plain = PLAIN_CELLS[cell](4)
    one_hot = ops.one_hot(ids, WIDTH)
    weigh = generator.normal(size=(6, 4)).astype("float32")
    plain(one_hot)
    values = [generator.normal(0, 0.5, weight.shape) for weight in plain.weights]
    plain.set_weights(values)
    fast = Recurrence(4, cell, vocabulary_size=VOCABULARY, one_hot_width=WIDTH)
    fast(ids)
    fast.set_weights([values[0][:VOCABULARY], *values[1:]])
    expected, expected_gradients = outcome(plain, one_hot, weigh, plain.trainable_variables)
    got, gradients = outcome(fast, ids, weigh, fast.trainable_variables)
    np.testing.assert_allclose(got, expected, **TOLERANCE)
    expected_gradients[0] = full_rows(expected_gradients[0], 0, VOCABULARY)
    for gradient, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, wanted, **TOLERANCE)


def test_recurrences_start_as_keras_starts_them(ids):
    """Same names, same draws for the same seed; the LSTM's forget gate starts with bias 1."""
    for cell, plain_class in PLAIN_CELLS.items():
        keras.utils.set_random_seed(5)
        plain = plain_class(4)
        plain(ops.one_hot(ids, WIDTH))
        keras.utils.set_random_seed(5)
        fast = Recurrence(4, cell, vocabulary_size=VOCABULARY, one_hot_width=WIDTH)
        fast(ids)
        assert [each.name for each in fast.weights] == [each.name for each in plain.weights]
        kernel, recurrent, bias = plain.get_weights()
        for got, wanted in zip(fast.get_weights()[1:], (recurrent, bias), strict=True):
            assert got.shape == wanted.shape
        np.testing.assert_array_equal(fast.get_weights()[2], bias)
        limit = np.sqrt(6 / (WIDTH + kernel.shape[1]))
        assert np.abs(fast.get_weights()[0]).max() <= limit
        np.testing.assert_allclose(
            fast.get_weights()[1] @ fast.get_weights()[1].T, recurrent @ recurrent.T, atol=1e-5
        )


def test_narrowed_kernels_are_the_first_rows_of_the_full_draw():
    """A seeded initialiser gives the used rows exactly what the full-width layer would get."""
    full = keras.initializers.GlorotUniform(seed=4)((5, WIDTH, 1, 3))
    first = FirstRows("glorot_uniform", 1, WIDTH)
    first.full = keras.initializers.GlorotUniform(seed=4)
    np.testing.assert_array_equal(first((5, VOCABULARY, 1, 3)), full[:, :VOCABULARY])


def test_dropout_follows_the_run_seed_and_the_layer_name():
    """Masks repeat for the same seed and name and differ otherwise."""
    ones = np.ones((1, 200), "float32")

    def mask(seed, name):
        return np.asarray(dropout(Task((1,), 2, seed=seed), 0.5, name)(ones, training=True))

    np.testing.assert_array_equal(mask(1, "a"), mask(1, "a"))
    assert not np.array_equal(mask(1, "a"), mask(2, "a"))
    assert not np.array_equal(mask(1, "a"), mask(1, "b"))
