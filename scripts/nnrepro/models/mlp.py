"""Dense layers on a table of numbers: what is tried first."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from nnrepro.models.registry import Range, Task, register

if TYPE_CHECKING:
    import keras


def _operations(settings: Mapping[str, Any]) -> float:
    """Dense layers of `units` after some ten features; the rest hardly counts."""
    units, layers = int(settings["units"]), int(settings["layers"])
    return 2.0 * units * (10 + units * (layers - 1))


@register(input="table", operations=_operations, speed=2e9)
def mlp(
    task: Task,
    *,
    units: Annotated[int, Range(1)] = 32,
    layers: Annotated[int, Range(1, 100)] = 2,
    activation: Literal["relu", "gelu", "silu", "elu", "tanh", "sigmoid"] = "relu",
    dropout_rate: Annotated[float, Range(0, 0.99)] = 0.0,
) -> "keras.Model":
    """A multilayer perceptron: `layers` dense layers of `units`, and the outputs.

    Each dense layer has an activation and then dropout. Examples of several dimensions are
    flattened.
    """
    import keras

    from nnrepro.models.layers.dropout import dropout

    inputs = keras.Input(task.input_shape, name="table")
    x = inputs if len(task.input_shape) == 1 else keras.layers.Flatten(name="flatten")(inputs)
    for number in range(1, layers + 1):
        x = keras.layers.Dense(units, activation=activation, name=f"dense{number}")(x)
        x = dropout(task, dropout_rate, f"dropout{number}")(x)
    return keras.Model(inputs, keras.layers.Dense(task.num_outputs, name="outputs")(x), name="mlp")
