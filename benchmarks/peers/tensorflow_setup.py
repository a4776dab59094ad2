"""What the peers on TensorFlow have in common: threads, versions, optimisers, plain models."""

from collections.abc import Callable
from importlib import metadata
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from benchmarks.families import EMBEDDING_SIZE, FILTER_HEIGHT, FILTERS, ONE_HOT_WIDTH, UNITS, Family


def prepare(threads: int) -> dict[str, str]:
    """Fix the threads; versions by package."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return versions()


def matrix_product(size: int) -> Callable[[], Any]:
    """A function that multiplies two matrices of `size` rows and columns."""
    matrix = tf.random.stateless_normal((size, size), (1, 2))
    return lambda: tf.linalg.matmul(matrix, matrix).numpy()


def versions() -> dict[str, str]:
    """Versions of the packages at work."""
    return {name: metadata.version(name) for name in ("keras", "numpy", "tensorflow")}


def make_optimizer(family: Family) -> keras.optimizers.Optimizer:
    """The family's optimiser."""
    kinds = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}
    return kinds[family.optimizer](learning_rate=family.learning_rate)


def encoder(family: Family) -> Any:
    """The layer from ids to vectors: one-hot, 256 wide, or a learned embedding."""
    if family.input == "words":
        return keras.layers.Embedding(family.vocabulary_size, EMBEDDING_SIZE)
    return keras.layers.Lambda(lambda ids: keras.ops.one_hot(ids, ONE_HOT_WIDTH))


def plain_model(family: Family) -> keras.Model:
    """The family's model as a user of Keras would write it, from ids or images to logits."""
    if family.input == "image":
        c1, c2 = family.parameters["c1"], family.parameters["c2"]
        stack = [
            keras.Input((32, 32, 3)),
            layers.Conv2D(c1, 9, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(c2, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(300),
        ]
    elif family.is_recurrent:
        kinds = {"gru": layers.GRU, "lstm": layers.LSTM, "vanilla": layers.SimpleRNN}
        kind, count = kinds[family.parameters["cell"]], family.parameters["layers"]
        stack = [keras.Input((100,), dtype="int32"), encoder(family)]
        stack += [kind(UNITS, return_sequences=at < count - 1) for at in range(count)]
    else:
        width = EMBEDDING_SIZE if family.input == "words" else ONE_HOT_WIDTH
        stack = [
            keras.Input((100,), dtype="int32"),
            encoder(family),
            layers.Reshape((100, width, 1)),
            layers.Conv2D(FILTERS, (FILTER_HEIGHT, width), activation="relu"),
            layers.MaxPooling2D(4, 2, padding="same"),
            layers.Conv2D(FILTERS, (FILTER_HEIGHT, 1), activation="relu"),
            layers.MaxPooling2D(4, 2, padding="same"),
            layers.Flatten(),
        ]
    return keras.Sequential([*stack, layers.Dense(family.classes)])
