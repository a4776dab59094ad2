"""One-hot input without the zeros: a product with a one-hot vector is a row of the kernel.

The reports encode characters in vectors 256 wide, of which the texts use some 48. A kernel row that
no example selects has no gradient, so SGD, RMSProp and Adam never move it and it never acts: these
layers keep only the rows in use, drawn as the first rows of the full-width initial kernel.
"""

from typing import Any

import keras
from keras import ops

from nnrepro.models.layers.portable import one_hot, with_weights_of
from nnrepro.models.layers.shifts import shifted_below
from nnrepro.models.registry import ModelError

ONE_HOT_WIDTH = 256


def check_width(vocabulary_size: int, width: int) -> None:
    """Raise ModelError where a one-hot vector of `width` cannot hold the ids."""
    if not 1 <= vocabulary_size <= width:
        raise ModelError(
            f"the texts use {vocabulary_size} different characters, but the one-hot vector has "
            f"{width} places; prepare them with fewer characters"
        )


class FirstRows(keras.initializers.Initializer):
    """Draws a kernel at full one-hot `width` and keeps the first rows of its one-hot axis."""

    def __init__(self, initializer: str, axis: int, width: int):
        self.full = keras.initializers.get(initializer)
        self.axis = axis
        self.width = width

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Any:
        """Initial values of `shape`, whose `axis` is at most `width` long."""
        full_shape = (*shape[: self.axis], self.width, *shape[self.axis + 1 :])
        rows = [slice(None)] * self.axis + [slice(shape[self.axis])]
        return self.full(full_shape, dtype)[tuple(rows)]


class OneHotConv2D(keras.layers.Layer):
    """`keras.layers.Conv2D(filters, (height, width), padding="valid")` over one-hot vectors.

    Input ids [batch, length], from 0 to `vocabulary_size` - 1; output [batch, length - height + 1,
    1, filters]. The first output is the sum over the `height` positions of the kernel rows that
    their ids select.
    """

    def __init__(
        self,
        filters: int,
        height: int,
        vocabulary_size: int,
        activation: str | None = None,
        width: int = ONE_HOT_WIDTH,
        **options: Any,
    ):
        super().__init__(**options)
        check_width(vocabulary_size, width)
        self.filters = filters
        self.height = height
        self.vocabulary_size = vocabulary_size
        self.width = width
        self.activation = keras.activations.get(activation)
        self.narrowed_parameters = height * (width - vocabulary_size) * filters

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create `kernel` [height, vocabulary, 1, filters] and `bias` [filters]."""
        self.kernel = self.add_weight(
            shape=(self.height, self.vocabulary_size, 1, self.filters),
            initializer=FirstRows("glorot_uniform", 1, self.width),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, length - height + 1, 1, filters]."""
        length = input_shape[1]
        assert length is not None
        return (input_shape[0], length - self.height + 1, 1, self.filters)

    def call(self, ids: Any) -> Any:
        """Convolve the one-hot vectors of `ids`."""
        kernel = ops.convert_to_tensor(self.kernel)
        rows = ops.reshape(kernel, (self.height, self.vocabulary_size, self.filters))
        outputs = one_hot_windows(ids, rows) + self.bias
        return self.activation(ops.expand_dims(outputs, 2))

    def in_keras(self, ids: Any) -> Any:
        """The same by Keras's convolution of one-hot vectors."""
        size = (self.height, self.vocabulary_size)
        plain = keras.layers.Conv2D(
            self.filters, size, activation=self.activation, name=self.name, dtype=self.dtype_policy
        )
        vectors = one_hot(ids, self.vocabulary_size, self.name)
        plane = keras.layers.Reshape((*vectors.shape[1:], 1), name=f"{self.name}_plane")(vectors)
        return with_weights_of(self, plain, plane)


def one_hot_windows(ids: Any, kernel: Any) -> Any:
    """Sum of kernel rows over windows of `ids`, with a gradient that is one matrix product.

    Of int [batch, length] and float [height, vocabulary, filters] it gives float [batch, length -
    height + 1, filters]: the sum over k of kernel[k, ids[:, t + k]].
    """
    height, vocabulary, filters = kernel.shape
    length = ids.shape[1]
    steps = length - height + 1

    @ops.custom_gradient
    def windows(rows: Any) -> tuple[Any, Any]:
        parts = [ops.take(rows[at], ids[:, at : at + steps], axis=0) for at in range(height)]
        outputs = sum(parts[1:], start=parts[0])

        def gradient(*arrived: Any, upstream: Any = None) -> Any:
            """Gradient of `rows`: one-hot ids (transposed) times the shifted gradients."""
            arriving = arrived[-1] if upstream is None else upstream  # Keras: differs by backend
            shifted = shifted_below(arriving, height)
            chosen = ops.one_hot(ops.reshape(ids, (-1,)), vocabulary, dtype=rows.dtype)
            product = ops.matmul(ops.transpose(chosen), shifted)
            return ops.transpose(ops.reshape(product, (vocabulary, height, filters)), (1, 0, 2))

        return outputs, gradient

    return windows(kernel)
