"""What a network has to beat: the best straight line."""

from nnrepro.models.registry import Task, register


@register(input="table")
def linear(task: Task) -> "keras.Model":
    """A linear model: each output a weighted sum of the features."""
    import keras

    inputs = keras.Input(task.input_shape)
    return keras.Model(inputs, keras.layers.Dense(task.num_outputs)(inputs))
