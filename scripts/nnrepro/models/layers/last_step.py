"""The hidden state where a text ends, in place of the one after its padding."""

from typing import Any

import keras
from keras import ops

PADDING = 0
"""The id of padding: a space among characters, `<pad>` among words."""


class LastRealStep(keras.layers.Layer):
    """Of a sequence of states, the one at each example's last id that is no padding.

    Padding is the run of ids `PADDING` that an example ends in; the same id within a text is a part
    of it. It is what a Keras recurrent layer gives under a mask of that padding, which holds the
    state as it is: later states, and their gradients, then count for nothing. Of an example that is
    padding throughout it gives zeros, the initial state. Inputs [batch, time, units] and ids
    [batch, time], output [batch, units].
    """

    def compute_output_shape(
        self, states_shape: tuple[int | None, ...], ids_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """[batch, units]."""
        return (states_shape[0], states_shape[2])

    def call(self, states: Any, ids: Any) -> Any:
        """Choose."""
        length = ids.shape[1]
        real = ops.cast(ids != PADDING, "int32")
        last = ops.max(real * ops.arange(1, length + 1, dtype="int32"), axis=1) - 1
        # A product with a one-hot row is a gather whose gradient is the same on every device.
        chosen = ops.one_hot(last, length, dtype=states.dtype)
        return ops.sum(states * chosen[:, :, None], axis=1)

    def in_keras(self, states: Any, ids: Any) -> Any:
        """The same by Keras's operations: of the real steps, the first when counted from the end.

        No array stands in it, as some formats take none for a part of a network.
        """
        real = ops.cast(ops.not_equal(ids, PADDING), "int32")
        from_end = ops.flip(ops.cumsum(ops.flip(real, 1), 1), 1)
        last = ops.logical_and(ops.equal(real, 1), ops.equal(from_end, 1))
        chosen = ops.expand_dims(ops.cast(last, states.dtype), 2)
        return ops.sum(ops.multiply(states, chosen), 1)
