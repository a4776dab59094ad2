"""Convolution by a kernel that is as wide as its input, so that it moves along one axis only."""

from typing import Any

import keras
from keras import ops

from nnrepro.models.layers.portable import with_weights_of
from nnrepro.models.layers.shifts import shifted_below


class FullWidthConv2D(keras.layers.Layer):
    """`keras.layers.Conv2D(filters, (height, width of the input), padding="valid")`, made fast.

    The kernel moves along the length only, so columns act as channels of a one-dimensional
    convolution: a tenth of the time of the two-dimensional one for 20x20 kernels on one channel, by
    oneDNN. XLA's convolutions are slow on CPU; for a model compiled by it, the input times the
    kernel as a matrix, summed along shifts, is several times faster (`as_product`; by default where
    the backend leaves all compiling to XLA). Input [batch, length, width, channels],
    output [batch, length - height + 1, 1, filters].
    """

    def __init__(
        self,
        filters: int,
        height: int,
        activation: str | None = None,
        as_product: bool | None = None,
        **options: Any,
    ):
        super().__init__(**options)
        self.filters = filters
        self.height = height
        self.activation = keras.activations.get(activation)
        always_xla = keras.backend.backend() == "jax"
        self.as_product = always_xla if as_product is None else as_product

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create `kernel` [height, width, channels, filters] and `bias` [filters]."""
        _, _, width, channels = input_shape
        self.kernel = self.add_weight(
            shape=(self.height, width, channels, self.filters),
            initializer="glorot_uniform",
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, length - height + 1, 1, filters]."""
        length = input_shape[1]
        assert length is not None
        return (input_shape[0], length - self.height + 1, 1, self.filters)

    def call(self, inputs: Any) -> Any:
        """Convolve."""
        _, length, width, channels = inputs.shape
        columns = width * channels
        rows = ops.reshape(inputs, (-1, length, columns))
        kernel = ops.reshape(self.kernel, (self.height, columns, self.filters))
        outputs = _by_product(rows, kernel) if self.as_product else ops.conv(rows, kernel)
        return self.activation(ops.expand_dims(outputs + self.bias, 2))

    def in_keras(self, inputs: Any) -> Any:
        """The same by Keras's two-dimensional convolution."""
        size = (self.height, inputs.shape[2])
        plain = keras.layers.Conv2D(
            self.filters, size, activation=self.activation, name=self.name, dtype=self.dtype_policy
        )
        return with_weights_of(self, plain, inputs)


def _by_product(rows: Any, kernel: Any) -> Any:
    """Convolve [batch, length, columns] with [height, columns, filters], VALID.

    Every row is multiplied by all rows of the kernel at once, and of these products those that
    belong together are summed. Windows side by side times the kernel are half the operations, but
    XLA computes what `rows` come from anew for each of `height` shifts: more to compile than all
    the rest of the character CNN.
    """
    height, columns, filters = kernel.shape
    length = rows.shape[1]
    steps = length - height + 1

    @ops.custom_gradient
    def convolved(rows: Any, kernel: Any) -> tuple[Any, Any]:
        matrix = ops.reshape(ops.transpose(kernel, (1, 0, 2)), (columns, height * filters))
        products = ops.matmul(rows, matrix)
        parts = [
            products[:, at : at + steps, at * filters : (at + 1) * filters] for at in range(height)
        ]

        def gradient(*arrived: Any, upstream: Any = None) -> tuple[Any, Any]:
            """Of both: the shifted gradients times the other."""
            arriving = arrived[-1] if upstream is None else upstream  # Keras: differs by backend
            shifted = shifted_below(arriving, height)
            of_rows = ops.matmul(shifted, ops.transpose(matrix))
            of_matrix = ops.matmul(ops.transpose(ops.reshape(rows, (-1, columns))), shifted)
            of_kernel = ops.reshape(of_matrix, (columns, height, filters))
            return ops.reshape(of_rows, (-1, length, columns)), ops.transpose(of_kernel, (1, 0, 2))

        return sum(parts[1:], start=parts[0]), gradient

    return convolved(rows, kernel)
