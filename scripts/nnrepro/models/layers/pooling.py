"""Max pooling along rows, as a maximum of shifted slices."""

from typing import Any

import keras
from keras import ops


class RowMaxPooling2D(keras.layers.Layer):
    """`keras.layers.MaxPooling2D(size, strides, padding="same")` for maps that are one column wide.

    TensorFlow has no deterministic gradient of its own max pooling under XLA; slices and maxima
    have. Input [batch, length, 1, channels], output [batch, ceil(length / strides), 1, channels].
    Where a maximum occurs twice in a window, the gradient goes to the first.
    """

    def __init__(self, size: int, strides: int, **options: Any):
        super().__init__(**options)
        self.size = size
        self.strides = strides

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, ceil(length / strides), 1, channels]."""
        batch, length, _, channels = input_shape
        assert length is not None
        return (batch, -(-length // self.strides), 1, channels)

    def call(self, inputs: Any) -> Any:
        """Pool."""
        length = inputs.shape[1]
        windows = -(-length // self.strides)
        span = (windows - 1) * self.strides
        missing = max(span + self.size - length, 0)
        edges = ((0, 0), (missing // 2, missing - missing // 2), (0, 0), (0, 0))
        rows = ops.pad(inputs, edges, constant_values=float("-inf")) if missing else inputs
        pooled = rows[:, : span + 1 : self.strides]
        for at in range(1, self.size):
            pooled = ops.maximum(pooled, rows[:, at : at + span + 1 : self.strides])
        return pooled

    def in_keras(self, inputs: Any) -> Any:
        """The same by Keras's layer."""
        plain = keras.layers.MaxPooling2D(
            (self.size, 1), (self.strides, 1), padding="same", name=self.name
        )
        return plain(inputs)
