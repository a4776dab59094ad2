"""A layer of sines."""

from typing import Annotated

import keras

from nnrepro.models.registry import Range, Task, register


@register(input="table")
def sines(task: Task, *, units: Annotated[int, Range(1)] = 32) -> keras.Model:
    """Sines of weighted sums, and a dense layer."""
    inputs = keras.Input(task.input_shape)
    x = keras.ops.sin(keras.layers.Dense(units)(10.0 * inputs))
    return keras.Model(inputs, keras.layers.Dense(task.num_outputs)(x))
