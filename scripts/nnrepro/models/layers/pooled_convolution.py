"""Convolution with max pooling as a matrix product, the form that XLA makes the most of.

XLA's own convolutions are slow on a processor, and those it takes from cuDNN leave most of a tensor
core idle with 50 or 90 channels and with the 3 of an image, the gradient of the kernel most of all.
Taken by blocks of pixels, all places of a block are filters of one kernel that moves a block at a
time: fewer rows, more columns, and max pooling compares neighbours in memory. A GPU has blocks of
two or four pixels along each edge. On a processor the batch is the last axis, so that what is
copied, compared and added are long runs of memory. Measurements are in benchmarks/results.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from nnrepro.models.device import device_kind, has_avx512
from nnrepro.models.layers.portable import with_weights_of

_FEW_CHANNELS = 4
_ENOUGH_EXAMPLES = 2000
"""An epoch of so many saves enough to pay for the seconds that XLA compiles."""


def suits_this_device(examples: int, precision: str) -> bool:
    """Whether the layer of this module is the faster one for an epoch of so many examples.

    With JAX it is, which leaves all to XLA. With TensorFlow on a processor, Keras's layers run by
    oneDNN, which is the faster only by instructions of AVX-512.
    """
    match keras.backend.backend():
        case "jax":
            return True
        case "tensorflow":
            enough = precision == "float32" and examples >= _ENOUGH_EXAMPLES
            return enough and device_kind() == "cpu" and not has_avx512()
    return False


class PooledConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` and after it `keras.layers.MaxPooling2D(2)`: the same function.

    Strides of 1, VALID padding, channels last. Bias and activation come after the pooling, which
    is the same for an activation that works on each value and never falls, as ReLU. The gradient
    goes to the first of equal maxima, in the order of rows. A value that is not finite spreads to
    the places of its blocks. Weights are those of Keras's layer. Training has to be compiled by
    XLA to be fast. Input [batch, height, width, channels], output [batch,
    (height - kernel height + 1) // 2, (width - kernel width + 1) // 2, filters].
    """

    needs_xla = True

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, rows, columns, filters] after the pooling."""
        batch, rows, columns, filters = super().compute_output_shape(input_shape)
        return (batch, rows // 2, columns // 2, filters)

    def call(self, inputs: Any) -> Any:
        """Convolve and pool."""
        kernel = ops.convert_to_tensor(self.kernel)
        bias = ops.convert_to_tensor(self.bias) if self.use_bias else ops.zeros(1, inputs.dtype)
        if device_kind() == "gpu":
            return self.activation(_batch_first(inputs, kernel) + bias)
        outputs = _batch_last(ops.transpose(inputs, (3, 1, 2, 0)), kernel)
        outputs = self.activation(outputs + ops.reshape(bias, (-1, 1, 1, 1)))
        return ops.transpose(outputs, (3, 1, 2, 0))

    def in_keras(self, inputs: Any) -> Any:
        """The same by Keras's two layers."""
        plain = keras.layers.Conv2D.from_config(self.get_config())
        pooling = keras.layers.MaxPooling2D(2, name=f"{self.name}_pool", dtype=self.dtype_policy)
        return pooling(with_weights_of(self, plain, inputs))


# Keras files weights under the name of a layer's class: a file is to fit on every device.
PooledConv2D.__name__ = "Conv2D"


def _batch_first(x: Any, kernel: Any) -> Any:
    """Convolve [batch, height, width, channels] with [height, width, channels, filters]; pool."""
    edge = 4 if x.shape[3] <= _FEW_CHANNELS else 2
    block, pairs = (edge, edge), edge // 2
    rows, columns = _pooled(x.shape[1:3], kernel)
    down, across = -(-rows // pairs), -(-columns // pairs)
    reach = _reach(kernel, block)
    x = _fitted(x, (down + reach[0] - 1) * edge, (across + reach[1] - 1) * edge)
    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, height // edge, edge, width // edge, edge, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    x = ops.reshape(x, (-1, height // edge, width // edge, edge * edge * channels))
    x = ops.concatenate([x[:, :, at : at + across] for at in range(reach[1])], axis=3)
    x = ops.concatenate([x[:, at : at + down] for at in range(reach[0])], axis=3)
    places = [
        (2 * row + below, 2 * column + beside)
        for row in range(pairs)
        for column in range(pairs)
        for below in (0, 1)
        for beside in (0, 1)
    ]
    matrix = ops.concatenate(_kernels_at(places, kernel, reach, block), axis=1)
    products = ops.matmul(ops.reshape(x, (-1, x.shape[3])), matrix)
    fours = ops.reshape(products, (-1, down, across, pairs, pairs, 4, kernel.shape[3]))
    maxima = ops.transpose(_maxima(fours, (1, 1, 1, 1, 1, 4, 1)), (0, 1, 3, 2, 4, 5, 6))
    maxima = ops.reshape(maxima, (-1, down * pairs, across * pairs, kernel.shape[3]))
    return maxima[:, :rows, :columns]


def _batch_last(x: Any, kernel: Any) -> Any:
    """Convolve [channels, height, width, batch] with [height, width, channels, filters]; pool.

    Blocks are two rows high. Two columns save memory where there are few channels, and cost
    products with zeros where there are many.
    """
    block = (2, 2 if x.shape[0] <= _FEW_CHANNELS else 1)
    rows, columns = _pooled(x.shape[1:3], kernel)
    down, across = rows, 2 * columns // block[1]
    reach = _reach(kernel, block)
    x = _fitted(x, (down + reach[0] - 1) * block[0], (across + reach[1] - 1) * block[1])
    channels, height, width, _ = x.shape
    blocks = (height // block[0], width // block[1])
    x = ops.reshape(x, (channels, blocks[0], block[0], blocks[1], block[1], -1))
    x = ops.transpose(x, (2, 4, 0, 1, 3, 5))
    x = ops.reshape(x, (block[0] * block[1] * channels, *blocks, -1))
    patches = [
        x[:, row : row + down, column : column + across]
        for row in range(reach[0])
        for column in range(reach[1])
    ]
    patches = ops.reshape(ops.concatenate(patches), (len(patches) * x.shape[0], -1))
    places = [(row, column) for row in range(block[0]) for column in range(block[1])]
    # Transposed one by one: XLA would make one transposition part of the products, and slow ones.
    matrix = ops.concatenate(
        [ops.transpose(at) for at in _kernels_at(places, kernel, reach, block)]
    )
    fours = (*block, kernel.shape[3], rows, columns, 2 // block[1], -1)
    products = ops.reshape(ops.matmul(matrix, patches), fours)
    maxima = _maxima(products, (*block, 1, 1, 1, 2 // block[1], 1))
    return ops.reshape(maxima, (kernel.shape[3], rows, columns, -1))


def _pooled(size: Sequence[int], kernel: Any) -> list[int]:
    """Rows and columns after convolution and pooling."""
    return [(pixels - kernel.shape[axis] + 1) // 2 for axis, pixels in enumerate(size)]


def _reach(kernel: Any, block: tuple[int, int]) -> list[int]:
    """Over how many blocks a kernel reaches from all places of one, down and across."""
    return [-(-(kernel.shape[axis] + edge - 1) // edge) for axis, edge in enumerate(block)]


def _fitted(x: Any, height: int, width: int) -> Any:
    """Images of a size along axes 1 and 2, cut or with zeros below and beside."""
    x = x[:, :height, :width]
    missing = [(0, height - x.shape[1]), (0, width - x.shape[2])]
    return ops.pad(x, [(0, 0), *missing, (0, 0)]) if missing != [(0, 0), (0, 0)] else x


def _kernels_at(
    places: list[tuple[int, int]], kernel: Any, reach: list[int], block: tuple[int, int]
) -> list[Any]:
    """The kernel at each of these places of a block, as a matrix [values of a patch, filters]."""
    height, width, channels, filters = kernel.shape
    down, across = (size * edge for size, edge in zip(reach, block, strict=True))

    def at(row: int, column: int) -> Any:
        edges = [(row, down - height - row), (column, across - width - column), (0, 0), (0, 0)]
        apart = (reach[0], block[0], reach[1], block[1], channels, filters)
        moved = ops.transpose(ops.reshape(ops.pad(kernel, edges), apart), (0, 2, 1, 3, 4, 5))
        return ops.reshape(moved, (down * across * channels, filters))

    return [at(*place) for place in places]


def _maxima(x: Any, four: tuple[int, ...]) -> Any:
    """Maxima of four places each, which lie along the axes where `four` is not 1; these become 1.

    The gradient goes to the first place, in memory, of equal maxima.
    """
    numbers = np.arange(4, dtype=np.uint8).reshape(four)

    @ops.custom_gradient
    def maxima_of(x: Any) -> Any:
        a, b, c, d = (
            x[
                tuple(
                    slice(i, i + 1) if n > 1 else slice(None) for i, n in zip(at, four, strict=True)
                )
            ]
            for at in np.ndindex(four)
        )
        maxima = ops.maximum(ops.maximum(a, b), ops.maximum(c, d))
        first = ops.where(a == maxima, 0, ops.where(b == maxima, 1, ops.where(c == maxima, 2, 3)))
        first = ops.cast(first, "uint8")

        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            arriving = arguments[-1] if upstream is None else upstream  # Keras: differs by backend
            return ops.where(first == numbers, arriving, ops.zeros((), arriving.dtype))

        return maxima, gradient

    return maxima_of(x)
