"""Augmentation moves whole pixels, and masked padding is what Keras's masking gives."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from nnrepro.models.layers.augmentation import ShiftAndFlip, light_augmentation
from nnrepro.models.layers.last_step import LastRealStep
from nnrepro.models.registry import Task, build_model

TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}
PLAIN_CELLS = {
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
    "vanilla": keras.layers.SimpleRNN,
}
WIDTH = 256


def moved(image, down, right, mirrored):
    """One image shifted with its edges repeated, then mirrored, by plain NumPy."""
    height, width, _ = image.shape
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    shifted = image[rows][:, columns]
    return shifted[:, ::-1] if mirrored else shifted


def test_every_augmented_image_is_a_shift_of_its_own_perhaps_mirrored():
    """All 50 moves occur about as often as one another, and nothing else does."""
    images = np.random.default_rng(3).random((2000, 6, 7, 3)).astype("float32")
    layer = ShiftAndFlip(2, seed=1)
    found = np.asarray(layer(images, training=True))
    counts = dict.fromkeys(
        [(d, r, m) for d in range(-2, 3) for r in range(-2, 3) for m in (False, True)], 0
    )
    for image, result in zip(images, found, strict=True):
        fitting = [move for move in counts if np.array_equal(moved(image, *move), result)]
        assert len(fitting) == 1
        counts[fitting[0]] += 1
    assert min(counts.values()) > 15 and max(counts.values()) < 80  # 40 on average


def test_augmentation_is_for_training_only_and_new_at_every_step():
    images = np.random.default_rng(3).random((8, 32, 32, 3)).astype("float32")
    layer = light_augmentation(Task((32, 32, 3), 10, seed=4))
    np.testing.assert_array_equal(layer(images, training=False), images)
    first, second = (np.asarray(layer(images, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    again = light_augmentation(Task((32, 32, 3), 10, seed=4))
    np.testing.assert_array_equal(again(images, training=True), first)
    other = light_augmentation(Task((32, 32, 3), 10, seed=5))
    assert not np.array_equal(other(images, training=True), first)


def test_augmentation_leaves_weights_and_predictions_as_they_are():
    """The network is the same; without augmentation there is no layer and no state of it."""
    task = Task((32, 32, 3), 10, seed=4)
    settings = {"c1": 3, "c2": 2, "dropout_rate": 0.5}
    built = {}
    for augment in ("none", "light"):
        keras.utils.set_random_seed(9)
        built[augment] = build_model("image_cnn", {**settings, "augment": augment}, task)
    plain, augmented = built["none"], built["light"]
    assert len(augmented.variables) == len(plain.variables) + 1
    for ours, theirs in zip(plain.get_weights(), augmented.trainable_variables, strict=False):
        np.testing.assert_array_equal(ours, theirs)
    images = np.random.default_rng(3).random((4, 32, 32, 3)).astype("float32")
    np.testing.assert_array_equal(plain(images, training=False), augmented(images, training=False))


@pytest.fixture
def ids():
    """Ids of 5 examples: padded, with zeros inside, full to the end, one id long, all padding."""
    ids = np.random.default_rng(7).integers(1, 12, (5, 20)).astype("int32")
    ids[0, 9:] = 0
    ids[1, 3:6], ids[1, 15:] = 0, 0
    ids[3, 1:] = 0
    ids[4] = 0
    return ids


def real(ids):
    """Where a text or its end has not been left behind yet, bool [examples, time]."""
    return np.cumsum((ids != 0)[:, ::-1], axis=1)[:, ::-1] > 0


def gradients_of(compute, variables, weigh):
    """Output of `compute`, and the gradients of its weighted sum."""
    with tf.GradientTape() as tape:
        output = compute()
        total = ops.sum(output * weigh)
    gradients = tape.gradient(total, [variable.value for variable in variables])
    return np.asarray(output), [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", list(PLAIN_CELLS))
@pytest.mark.parametrize("model", ["char_rnn", "word_rnn"])
def test_masked_padding_equals_kerass_masking(ids, model, cell, layers):
    """Logits and the gradients of all weights, against Keras layers that are given the mask."""
    settings = {"cell": cell, "layers": layers, "units": 4, "mask_padding": True}
    ours = build_model(model, settings, Task((20,), 3, vocabulary_size=12))
    generator = np.random.default_rng(2)
    ours.set_weights([generator.normal(0, 0.5, w.shape) for w in ours.get_weights()])
    mask = real(ids)
    plain = [
        PLAIN_CELLS[cell](4, return_sequences=layer < layers) for layer in range(1, layers + 1)
    ]
    weights = list(ours.trainable_variables)
    dense = keras.layers.Dense(3)
    if model == "word_rnn":
        embedding = keras.layers.Embedding(12, 20)
        parts = [embedding, *plain, dense]
        start = lambda: embedding(ids)  # noqa: E731
    else:
        parts = [*plain, dense]
        start = lambda: ops.one_hot(ids, WIDTH)  # noqa: E731

    def compute():
        x = start()
        for layer in plain:
            x = layer(x, mask=mask)
        return dense(x)

    compute()
    values = [weight.numpy() for weight in weights]
    if model == "char_rnn":  # the full-width kernel; unused rows have no effect
        values[0] = np.concatenate([values[0], np.zeros((WIDTH - 12, values[0].shape[1]))])
    theirs = [variable for part in parts for variable in part.trainable_variables]
    for variable, value in zip(theirs, values, strict=True):
        variable.assign(value)
    weigh = generator.normal(size=(5, 3)).astype("float32")
    expected, expected_gradients = gradients_of(compute, theirs, weigh)
    got, gradients = gradients_of(lambda: ours(ids), weights, weigh)
    np.testing.assert_allclose(got, expected, **TOLERANCE)
    if model == "char_rnn":
        assert not expected_gradients[0][12:].any()
        expected_gradients[0] = expected_gradients[0][:12]
    for gradient, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, wanted, **TOLERANCE)


def test_the_last_real_step_is_chosen_exactly(ids):
    """Zeros within a text count as text; nothing but padding gives the initial state."""
    states = np.random.default_rng(1).normal(size=(5, 20, 3)).astype("float32")
    found = np.asarray(LastRealStep()(states, ids))
    expected = [states[0, 8], states[1, 14], states[2, 19], states[3, 0], np.zeros(3)]
    np.testing.assert_array_equal(found, np.array(expected, "float32"))


def test_masking_starts_from_the_same_weights():
    """A masked run and an unmasked one with the same seed can be compared."""
    built = []
    for masked in (False, True):
        keras.utils.set_random_seed(9)
        settings = {"cell": "lstm", "layers": 2, "mask_padding": masked}
        built.append(build_model("word_rnn", settings, Task((20,), 3, vocabulary_size=12)))
    for ours, theirs in zip(*(model.get_weights() for model in built), strict=True):
        np.testing.assert_array_equal(ours, theirs)
