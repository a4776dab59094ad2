"""Convolution and pooling of images, in the form that suits a GPU's matrix units.

With 50 or 90 channels, and with the 3 of an image, cuDNN converts and fills its arguments on every
call, or falls back to slower kernels. Filled up to a multiple of four channels, by zeros that add
nothing, the same convolution takes the fast ones. XLA's gradient of max pooling looks for the
maximum again; here its place is remembered. Measurements are in docs/gpu.md.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

ALIGNMENT = 4
_NARROW = 32


def suit_this_device() -> bool:
    """Whether the layers of this module are the faster ones: with JAX on a GPU."""
    if keras.backend.backend() != "jax":
        return False
    import jax

    return jax.default_backend() != "cpu"


class AlignedConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with strides of 1, VALID padding and channels last: the same function.

    Weights are those of Keras's layer. Where the input has so few channels that a row of the kernel
    counts up to 32 values, as with the 9x3 of an image, that row becomes the input's channels.
    Input [batch, height, width, channels], output [batch, height - kernel height + 1,
    width - kernel width + 1, filters].
    """

    def call(self, inputs: Any) -> Any:
        """Convolve."""
        x, kernel = inputs, ops.convert_to_tensor(self.kernel)
        height, width, channels, filters = kernel.shape
        if width * channels <= _NARROW:
            x = _rows_of_the_kernel(x, width, _aligned(width * channels))
            kernel = ops.reshape(kernel, (height, 1, width * channels, filters))
        x = _filled(x, {3: _aligned(x.shape[3])})
        kernel = _filled(kernel, {2: x.shape[3], 3: _aligned(filters)})
        outputs = ops.conv(x, kernel, padding="valid", data_format="channels_last")
        if self.use_bias:
            outputs = outputs + _filled(ops.convert_to_tensor(self.bias), {0: _aligned(filters)})
        return self.activation(outputs)[..., :filters]


class PairMaxPooling2D(keras.layers.Layer):
    """`keras.layers.MaxPooling2D(2)` of an input with an even height and width.

    The gradient goes to the first of equal maxima, in the order of rows. Input [batch, height,
    width, channels], output [batch, height / 2, width / 2, channels].
    """

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, height / 2, width / 2, channels]."""
        batch, height, width, channels = input_shape
        assert height is not None and width is not None
        return (batch, height // 2, width // 2, channels)

    def call(self, inputs: Any) -> Any:
        """Pool."""
        return _pair_maxima(inputs)


@ops.custom_gradient
def _pair_maxima(x: Any) -> Any:
    _, height, width, channels = x.shape
    pairs = ops.reshape(x, (-1, height // 2, 2, width // 2, 2, channels))
    a, b, c, d = (pairs[:, :, row, :, column] for row in (0, 1) for column in (0, 1))
    maxima = ops.maximum(ops.maximum(a, b), ops.maximum(c, d))
    place = ops.where(a == maxima, 0, ops.where(b == maxima, 1, ops.where(c == maxima, 2, 3)))
    place = ops.cast(place, "uint8")

    def gradient(*arguments: Any, upstream: Any = None) -> Any:
        if upstream is None:
            (upstream,) = arguments
        places = ops.convert_to_tensor(np.arange(4, dtype=np.uint8).reshape(1, 1, 2, 1, 2, 1))
        chosen = place[:, :, None, :, None] == places
        spread = ops.where(chosen, upstream[:, :, None, :, None], ops.zeros((), upstream.dtype))
        return ops.reshape(spread, (-1, height, width, channels))

    return maxima, gradient


def _rows_of_the_kernel(x: Any, width: int, depth: int) -> Any:
    """[batch, height, width - kernel width + 1, depth]: what a kernel's row lies on, filled."""
    across = x.shape[2] - width + 1
    columns = [x[:, :, first : first + across] for first in range(width)]
    filling = depth - width * x.shape[3]
    if filling:
        columns.append(ops.zeros_like(ops.repeat(columns[0][..., :1], filling, axis=3)))
    return ops.concatenate(columns, axis=3)


def _aligned(channels: int) -> int:
    return -(-channels // ALIGNMENT) * ALIGNMENT


def _filled(values: Any, sizes: dict[int, int]) -> Any:
    """`values` with zeros after them along some axes."""
    missing = {axis: size - values.shape[axis] for axis, size in sizes.items()}
    widths = [(0, missing.get(axis, 0)) for axis in range(len(values.shape))]
    return ops.pad(values, widths) if any(missing.values()) else values
