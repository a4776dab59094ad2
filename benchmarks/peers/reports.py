"""The reports' way: an eager loop with a gradient tape, recurrent cells unrolled step by step.

Convolutions go over one-hot vectors 256 wide, as the assignment describes them.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from benchmarks.arrays import Floats
from benchmarks.families import BATCH_SIZE, TEXT_LENGTH, UNITS, Family
from benchmarks.peers.tensorflow_setup import prepare
from benchmarks.plain_keras import encoder, make_optimizer, plain_model

__all__ = ["build", "prepare"]


class EagerPeer:
    """A model that is called eagerly, batch by batch."""

    def __init__(self, family: Family, x: Any, y: Any, weights: list[Floats]):
        self._model = Unrolled(family) if family.is_recurrent else plain_model(family)
        self._model(x[:1])
        self._model.set_weights(weights)
        self._optimizer = make_optimizer(family)
        self._loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._x, self._y = x, y
        self.parameters = self._model.count_params()

    def train(self, steps: int, *, shuffle: bool) -> float:
        """See `benchmarks.peers.Peer.train`."""
        order = np.arange(len(self._x))
        if shuffle:
            np.random.default_rng().shuffle(order)
        order = order[: steps * BATCH_SIZE]
        total = 0.0
        right = 0
        for start in range(0, len(order), BATCH_SIZE):
            chosen = order[start : start + BATCH_SIZE]
            labels = self._y[chosen]
            loss, logits = self._step(self._x[chosen], labels)
            total += float(loss) * len(chosen)
            right += int(np.sum(np.argmax(logits, axis=1) == labels))
        return total / len(order)

    def warm_up(self) -> None:
        """See `benchmarks.peers.Peer.warm_up`: eager calls compile nothing."""

    def _step(self, x: Any, labels: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            logits = self._model(x, training=True)
            loss = self._loss(labels, logits)
        trained = self._model.trainable_variables
        self._optimizer.apply_gradients(zip(tape.gradient(loss, trained), trained, strict=True))
        return loss, logits.numpy()


class Unrolled(keras.Model):
    """An RNN whose cells are called in a Python loop over the text."""

    def __init__(self, family: Family):
        super().__init__()
        cells = {"gru": layers.GRUCell, "lstm": layers.LSTMCell, "vanilla": layers.SimpleRNNCell}
        kind, count = cells[family.parameters["cell"]], family.parameters["layers"]
        self.encode = encoder(family)
        self.cells = [kind(UNITS) for _ in range(count)]
        self.classify = layers.Dense(family.classes)

    def call(self, ids: Any, training: bool = False) -> Any:
        """Logits of [batch, 100] ids."""
        vectors = self.encode(ids)
        sequence = [vectors[:, at] for at in range(TEXT_LENGTH)]
        for cell in self.cells:
            states = cell.get_initial_state(batch_size=ops.shape(vectors)[0])
            outputs = []
            for x in sequence:
                output, states = cell(x, states)
                outputs.append(output)
            sequence = outputs
        return self.classify(sequence[-1])


def build(family: Family, x: Any, y: Any, weights: list[Floats]) -> EagerPeer:
    """The family's model and its eager loop."""
    return EagerPeer(family, x, y, weights)
