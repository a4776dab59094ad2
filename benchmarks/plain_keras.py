"""The families as a user of Keras would write and train them, on any backend."""

from importlib import metadata
from typing import Any

import keras
from keras import layers

from benchmarks.arrays import Floats
from benchmarks.families import (
    BATCH_SIZE,
    EMBEDDING_SIZE,
    FILTER_HEIGHT,
    FILTERS,
    ONE_HOT_WIDTH,
    UNITS,
    Family,
)


def versions(*packages: str) -> dict[str, str]:
    """Versions of packages."""
    return {name: metadata.version(name) for name in packages}


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


class FitPeer:
    """A compiled Keras model."""

    def __init__(self, family: Family, x: Any, y: Any, weights: list[Floats]):
        self._model = plain_model(family)
        self._model.set_weights(weights)
        self._model.compile(
            optimizer=make_optimizer(family),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        self._x, self._y = x, y
        self.parameters = self._model.count_params()

    def train(self, steps: int, *, shuffle: bool) -> float:
        """See `benchmarks.peers.Peer.train`."""
        return self._fit(slice(steps * BATCH_SIZE), shuffle)

    def warm_up(self) -> None:
        """See `benchmarks.peers.Peer.warm_up`: an odd batch has Keras trace for any size."""
        self._fit(slice(BATCH_SIZE + len(self._x) % BATCH_SIZE), False)

    def _fit(self, part: slice, shuffle: bool) -> float:
        history = self._model.fit(
            self._x[part], self._y[part], batch_size=BATCH_SIZE, shuffle=shuffle, verbose=0
        )
        return float(history.history["loss"][0])
