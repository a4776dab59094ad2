"""Recurrent layers whose input projection is done for all time steps at once.

What a recurrent layer makes of its input (a matrix product, or for one-hot input a row of the
kernel) does not depend on the hidden state. It is taken out of the loop over time, which leaves one
small product per step. Keras's defaults otherwise: tanh and sigmoid, Glorot-uniform input kernels,
orthogonal recurrent kernels, zero biases (1 for the LSTM's forget gate), GRU with `reset_after`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from nnrepro.models.layers.one_hot import FirstRows, check_width
from nnrepro.models.layers.portable import one_hot, with_weights_of
from nnrepro.models.layers.scan import scan

States = tuple[Any, ...]


@dataclass(frozen=True)
class Recipe:
    """A kind of recurrence: `gates` blocks of `units` columns, `states`, the first the hidden one.

    Its bias has 2 rows when input and recurrent product have one each, else 1; `step` gives new
    states from old ones, the projected input and the recurrent product's parts.
    """

    gates: int
    states: int
    bias_rows: int
    step: Callable[[States, Any, Any], States]


def _gru(states: States, projected: Any, recurrent: Any) -> States:
    (hidden,) = states
    x_update, x_reset, x_new = ops.split(projected, 3, axis=-1)
    r_update, r_reset, r_new = ops.split(recurrent, 3, axis=-1)
    update = ops.sigmoid(x_update + r_update)
    new = ops.tanh(x_new + ops.sigmoid(x_reset + r_reset) * r_new)
    return (update * hidden + (1 - update) * new,)


def _lstm(states: States, projected: Any, recurrent: Any) -> States:
    _, carry = states
    into, forget, new, out = ops.split(projected + recurrent, 4, axis=-1)
    carry = ops.sigmoid(forget) * carry + ops.sigmoid(into) * ops.tanh(new)
    return ops.sigmoid(out) * ops.tanh(carry), carry


def _vanilla(states: States, projected: Any, recurrent: Any) -> States:
    return (ops.tanh(projected + recurrent),)


RECIPES: Mapping[str, Recipe] = {
    "gru": Recipe(gates=3, states=1, bias_rows=2, step=_gru),
    "lstm": Recipe(gates=4, states=2, bias_rows=1, step=_lstm),
    "vanilla": Recipe(gates=1, states=1, bias_rows=1, step=_vanilla),
}

_KERAS = {
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
    "vanilla": keras.layers.SimpleRNN,
}


class Recurrence(keras.layers.Layer):
    """`keras.layers.GRU`, `LSTM` or `SimpleRNN` with Keras's defaults, input projected beforehand.

    Input [batch, time, features], or ids [batch, time] below `vocabulary_size` that stand for
    one-hot vectors as long as `one_hot_width`. Output [batch, units], or [batch, time, units] with
    `return_sequences`. The cell is "gru", "lstm" or "vanilla".
    """

    def __init__(
        self,
        units: int,
        cell: str,
        return_sequences: bool = False,
        vocabulary_size: int = 0,
        one_hot_width: int = 0,
        **options: Any,
    ):
        super().__init__(**options)
        self.recipe = RECIPES[cell]
        self.units = units
        self.cell = cell
        self.return_sequences = return_sequences
        self.vocabulary_size = vocabulary_size
        self.one_hot_width = one_hot_width
        self.narrowed_parameters = 0
        if vocabulary_size:
            check_width(vocabulary_size, one_hot_width)
            columns = units * self.recipe.gates
            self.narrowed_parameters = (one_hot_width - vocabulary_size) * columns

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create `kernel` [features, gates * units], `recurrent_kernel` and `bias`."""
        columns = self.units * self.recipe.gates
        one_hot = bool(self.vocabulary_size)
        self.kernel = self.add_weight(
            shape=(self.vocabulary_size if one_hot else input_shape[-1], columns),
            initializer=FirstRows("glorot_uniform", 0, self.one_hot_width)
            if one_hot
            else "glorot_uniform",
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, columns), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight(
            shape=(2, columns) if self.recipe.bias_rows == 2 else (columns,),
            initializer=self._initial_bias if self.cell == "lstm" else "zeros",
            name="bias",
        )

    def _initial_bias(self, shape: tuple[int, ...], dtype: str | None = None) -> Any:
        """Zeros, with ones for the forget gate (the second of four blocks)."""
        return ops.concatenate(
            [ops.full((self.units,), value, dtype=dtype) for value in (0.0, 1.0, 0.0, 0.0)]
        )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, units] or [batch, time, units]."""
        if self.return_sequences:
            return (*input_shape[:2], self.units)
        return (input_shape[0], self.units)

    def call(self, inputs: Any) -> Any:
        """Run the recurrence over the second axis of `inputs`."""
        bias = ops.convert_to_tensor(self.bias)
        input_bias, recurrent_bias = (bias[0], bias[1]) if bias.ndim == 2 else (bias, None)
        projected = self._project(inputs, input_bias)
        kernel = ops.convert_to_tensor(self.recurrent_kernel)

        def step(states: States, x: Any) -> States:
            recurrent = ops.matmul(states[0], kernel)
            if recurrent_bias is not None:
                recurrent = recurrent + recurrent_bias
            return self.recipe.step(states, x, recurrent)

        zeros = ops.zeros((ops.shape(inputs)[0], self.units), dtype=projected.dtype)
        start = (zeros,) * self.recipe.states
        outputs = scan(step, start, projected, keep=self.return_sequences)
        return ops.transpose(outputs, (1, 0, 2)) if self.return_sequences else outputs

    def in_keras(self, inputs: Any) -> Any:
        """The same by Keras's layer, of ids by that over one-hot vectors."""
        if self.vocabulary_size:
            inputs = one_hot(inputs, self.vocabulary_size, self.name)
        plain = _KERAS[self.cell](
            self.units, return_sequences=self.return_sequences, name=self.name
        )
        return with_weights_of(self, plain, inputs)

    def _project(self, inputs: Any, bias: Any) -> Any:
        """Input times kernel plus bias for all steps, [time, batch, gates * units]."""
        if self.vocabulary_size:
            return ops.take(self.kernel + bias, ops.transpose(inputs), axis=0)
        return ops.matmul(ops.transpose(inputs, (1, 0, 2)), self.kernel) + bias
