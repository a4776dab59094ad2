"""Recurrent layers whose input projection is done for all time steps at once.

What a recurrent layer makes of its input (a matrix product, or for one-hot input a row of the
kernel) does not depend on the hidden state. It is taken out of the loop over time, which leaves one
small product per step. Keras's defaults otherwise: tanh and sigmoid, Glorot-uniform input kernels,
orthogonal recurrent kernels, zero biases (1 for the LSTM's forget gate), GRU with `reset_after`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from nnrepro.models.layers.one_hot import FirstRows, check_width
from nnrepro.models.layers.portable import one_hot, with_weights_of
from nnrepro.models.layers.scan import scan

States = tuple[Any, ...]
Gates = Sequence[Any]


@dataclass(frozen=True)
class Recipe:
    """A kind of recurrence: `gates` blocks of `units` columns, `states`, the first the hidden one.

    Its bias has 2 rows when input and recurrent product have one each, else 1; `step` gives new
    states from old ones and, gate by gate, from the projected input and the recurrent product.
    """

    gates: int
    states: int
    bias_rows: int
    step: Callable[[States, Gates, Gates], States]


def _gru(states: States, projected: Gates, recurrent: Gates) -> States:
    (hidden,) = states
    x_update, x_reset, x_new = projected
    r_update, r_reset, r_new = recurrent
    update = ops.sigmoid(x_update + r_update)
    new = ops.tanh(x_new + ops.sigmoid(x_reset + r_reset) * r_new)
    return (update * hidden + (1 - update) * new,)


def _lstm(states: States, projected: Gates, recurrent: Gates) -> States:
    _, carry = states
    into, forget, new, out = (x + r for x, r in zip(projected, recurrent, strict=True))
    carry = ops.sigmoid(forget) * carry + ops.sigmoid(into) * ops.tanh(new)
    return ops.sigmoid(out) * ops.tanh(carry), carry


def _vanilla(states: States, projected: Gates, recurrent: Gates) -> States:
    return (ops.tanh(projected[0] + recurrent[0]),)


RECIPES: Mapping[str, Recipe] = {
    "gru": Recipe(gates=3, states=1, bias_rows=2, step=_gru),
    "lstm": Recipe(gates=4, states=2, bias_rows=1, step=_lstm),
    "vanilla": Recipe(gates=1, states=1, bias_rows=1, step=_vanilla),
}


def _suits_one_kernel(units: int) -> bool:
    """Whether a layer of so many units is faster as one kernel of a GPU than step by step."""
    if keras.backend.backend() != "jax":
        return False
    from nnrepro.models.layers import one_kernel

    return one_kernel.suits(units)


def _rows_of(table: Any, ids: Any) -> Any:
    return ops.take(table, ids, axis=0)


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
        weights = (self.kernel, self.recurrent_kernel, self.bias)
        kernel, recurrent_kernel, bias = map(ops.convert_to_tensor, weights)
        run = self._in_one_kernel if _suits_one_kernel(self.units) else self._step_by_step
        outputs = run(inputs, kernel, recurrent_kernel, bias)
        return ops.transpose(outputs, (1, 0, 2)) if self.return_sequences else outputs

    def _step_by_step(self, inputs: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
        """The last state [batch, units], or [time, batch, units] with `return_sequences`."""
        input_bias, recurrent_bias = (bias[0], bias[1]) if bias.ndim == 2 else (bias, None)
        projected = self._projected(inputs, kernel, input_bias, _rows_of)
        gates = self.recipe.gates

        def step(states: States, x: Any) -> States:
            recurrent = ops.matmul(states[0], recurrent_kernel)
            if recurrent_bias is not None:
                recurrent = recurrent + recurrent_bias
            of_input, of_hidden = (ops.split(each, gates, axis=-1) for each in (x, recurrent))
            return self.recipe.step(states, of_input, of_hidden)

        zeros = ops.zeros((ops.shape(inputs)[0], self.units), dtype=projected.dtype)
        start = (zeros,) * self.recipe.states
        return scan(step, start, projected, keep=self.return_sequences)

    def _in_one_kernel(self, inputs: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
        """As `_step_by_step`, by `nnrepro.models.layers.one_kernel`."""
        from nnrepro.models.layers import one_kernel

        gates, units = self.recipe.gates, self.units
        kernel, recurrent_kernel, bias = (
            one_kernel.widened(each, gates, units) for each in (kernel, recurrent_kernel, bias)
        )
        input_bias, recurrent_bias = (bias[0], bias[1]) if bias.ndim == 2 else (bias, bias * 0)
        missing = one_kernel.width(units) - units
        outputs = one_kernel.recurrence(
            self.recipe.step,
            self.recipe.states,
            self._projected(inputs, kernel, input_bias, one_kernel.rows_of),
            ops.pad(recurrent_kernel, [(0, missing), (0, 0)]),
            recurrent_bias,
            keep=self.return_sequences,
        )
        return outputs[..., :units]

    def in_keras(self, inputs: Any) -> Any:
        """The same by Keras's layer, of ids by that over one-hot vectors."""
        if self.vocabulary_size:
            inputs = one_hot(inputs, self.vocabulary_size, self.name)
        plain = _KERAS[self.cell](
            self.units, return_sequences=self.return_sequences, name=self.name
        )
        return with_weights_of(self, plain, inputs)

    def _projected(
        self, inputs: Any, kernel: Any, bias: Any, rows_of: Callable[[Any, Any], Any]
    ) -> Any:
        """Input times kernel plus bias for all steps, [time, batch, columns]; ids are `rows_of`."""
        if self.vocabulary_size:
            return rows_of(kernel + bias, ops.transpose(inputs))
        return ops.matmul(ops.transpose(inputs, (1, 0, 2)), kernel) + bias
