"""Idiomatic Keras: a plain model, `compile` and `fit`, on TensorFlow."""

from typing import Any

import keras

from benchmarks.arrays import Floats
from benchmarks.families import BATCH_SIZE, Family
from benchmarks.peers.tensorflow_setup import make_optimizer, matrix_product, plain_model, prepare

__all__ = ["build", "matrix_product", "prepare"]


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


def build(family: Family, x: Any, y: Any, weights: list[Floats]) -> FitPeer:
    """The family's model, ready for `fit`."""
    return FitPeer(family, x, y, weights)
