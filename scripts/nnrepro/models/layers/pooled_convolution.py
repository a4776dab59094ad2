"""Convolution with max pooling as a matrix product, the form that XLA makes the most of.

XLA's own convolutions are slow on a processor, and those it takes from cuDNN leave most of a tensor
core idle with 50 or 90 channels and with the 3 of an image, the gradient of the kernel most of all.
Taken by blocks of two or four pixels, all places of a block are filters of one kernel that moves a
block at a time: fewer rows, more columns, and max pooling compares neighbours in memory.
Measurements are in benchmarks/results.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from nnrepro.models.layers.portable import with_weights_of

_FEW_CHANNELS = 4


def suits_this_backend() -> bool:
    """Whether the layer of this module is the faster one: with JAX, which leaves all to XLA."""
    return bool(keras.backend.backend() == "jax")


class PooledConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` and after it `keras.layers.MaxPooling2D(2)`: the same function.

    Strides of 1, VALID padding, channels last. Bias and activation come after the pooling, which
    is the same for an activation that never falls, as ReLU. The gradient goes to the first of
    equal maxima, in the order of rows. A value that is not finite spreads to the places of its
    blocks. Weights are those of Keras's layer. Input [batch, height, width, channels], output
    [batch, (height - kernel height + 1) // 2, (width - kernel width + 1) // 2, filters].
    """

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, rows, columns, filters] after the pooling."""
        batch, rows, columns, filters = super().compute_output_shape(input_shape)
        return (batch, rows // 2, columns // 2, filters)

    def call(self, inputs: Any) -> Any:
        """Convolve and pool."""
        block = 4 if inputs.shape[3] <= _FEW_CHANNELS else 2
        outputs = _pooled_convolution(inputs, ops.convert_to_tensor(self.kernel), block)
        if self.use_bias:
            outputs = outputs + ops.convert_to_tensor(self.bias)
        return self.activation(outputs)

    def in_keras(self, inputs: Any) -> Any:
        """The same by Keras's two layers."""
        plain = keras.layers.Conv2D.from_config(self.get_config())
        pooling = keras.layers.MaxPooling2D(2, name=f"{self.name}_pool", dtype=self.dtype_policy)
        return pooling(with_weights_of(self, plain, inputs))


# Keras files weights under the name of a layer's class: a file is to fit on every device.
PooledConv2D.__name__ = "Conv2D"


def _pooled_convolution(x: Any, kernel: Any, block: int) -> Any:
    """Convolve [batch, height, width, channels] with [height, width, channels, filters]; pool.

    A block has as many pixels along each edge, a multiple of 2.
    """
    filters = kernel.shape[3]
    pooled = [(x.shape[axis] - kernel.shape[axis - 1] + 1) // 2 for axis in (1, 2)]
    reach = [-(-(size + block - 1) // block) for size in kernel.shape[:2]]
    down, across = (-(-2 * size // block) for size in pooled)
    patches = _patches(_blocks(x, down, across, reach, block), down, across, reach)
    depth = patches.shape[3]
    products = ops.matmul(
        ops.reshape(patches, (-1, depth)), _kernel_at_all_places(kernel, reach, block)
    )
    pairs = block // 2
    maxima = _maxima_of_four(ops.reshape(products, (-1, down, across, pairs, pairs, 4, filters)))
    maxima = ops.transpose(maxima, (0, 1, 3, 2, 4, 5))
    maxima = ops.reshape(maxima, (-1, down * pairs, across * pairs, filters))
    return maxima[:, : pooled[0], : pooled[1]]


def _blocks(x: Any, down: int, across: int, reach: list[int], block: int) -> Any:
    """The blocks that outputs need: [batch, rows, columns, values of a block]."""
    channels = x.shape[3]
    rows, columns = down + reach[0] - 1, across + reach[1] - 1
    x = x[:, : rows * block, : columns * block]
    missing = [(0, rows * block - x.shape[1]), (0, columns * block - x.shape[2])]
    if missing != [(0, 0), (0, 0)]:
        x = ops.pad(x, [(0, 0), *missing, (0, 0)])
    x = ops.reshape(x, (-1, rows, block, columns, block, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows, columns, block * block * channels))


def _patches(blocks: Any, down: int, across: int, reach: list[int]) -> Any:
    """All blocks that a kernel reaches, side by side: [batch, down, across, values]."""
    rows = ops.concatenate([blocks[:, :, at : at + across] for at in range(reach[1])], axis=3)
    return ops.concatenate([rows[:, at : at + down] for at in range(reach[0])], axis=3)


def _kernel_at_all_places(kernel: Any, reach: list[int], block: int) -> Any:
    """The kernel at each place of a block, as a matrix: [values of a patch, places * filters].

    Places come in groups of four that are pooled together.
    """
    height, width, channels, filters = kernel.shape
    down, across = (size * block for size in reach)
    places = [
        (2 * row + below, 2 * column + beside)
        for row in range(block // 2)
        for column in range(block // 2)
        for below in (0, 1)
        for beside in (0, 1)
    ]
    shifted = [
        ops.pad(
            kernel,
            [(row, down - height - row), (column, across - width - column), (0, 0), (0, 0)],
        )
        for row, column in places
    ]
    matrix = ops.reshape(
        ops.stack(shifted, axis=3), (reach[0], block, reach[1], block, channels, -1)
    )
    return ops.reshape(
        ops.transpose(matrix, (0, 2, 1, 3, 4, 5)),
        (reach[0] * reach[1] * block * block * channels, len(places) * filters),
    )


@ops.custom_gradient
def _maxima_of_four(x: Any) -> Any:
    """Maxima along the last axis but one, of size 4; their places are kept for the gradient."""
    a, b, c, d = (x[..., at, :] for at in range(4))
    maxima = ops.maximum(ops.maximum(a, b), ops.maximum(c, d))
    place = ops.where(a == maxima, 0, ops.where(b == maxima, 1, ops.where(c == maxima, 2, 3)))
    place = ops.cast(place, "uint8")

    def gradient(*arguments: Any, upstream: Any = None) -> Any:
        if upstream is None:
            (upstream,) = arguments
        chosen = place[..., None, :] == np.arange(4, dtype=np.uint8)[:, None]
        return ops.where(chosen, upstream[..., None, :], ops.zeros((), upstream.dtype))

    return maxima, gradient
