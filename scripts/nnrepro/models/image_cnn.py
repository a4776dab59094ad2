"""The CNN of Part A: two convolutions, two poolings, two dense layers on CIFAR-10."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from nnrepro.models.registry import Range, Task, register

if TYPE_CHECKING:
    import keras


def _operations(settings: Mapping[str, Any]) -> float:
    """9x9 and 5x5 VALID convolutions on 32x32x3, each pooled by 2, and two dense layers."""
    c1, c2, dense = (int(settings[name]) for name in ("c1", "c2", "dense_units"))
    first = 24 * 24 * (9 * 9 * 3) * c1
    second = 8 * 8 * (5 * 5 * c1) * c2
    return 2.0 * (first + second + 4 * 4 * c2 * dense + dense * 10)


# Keras's layers not by XLA: it has no deterministic gradient of TensorFlow's max pooling, and its
# convolutions are slow on a processor (50/60, a step: 0.38 s by JAX, by oneDNN 0.04 s).
@register(input="image", operations=_operations, speed=120e9)
def image_cnn(
    task: Task,
    *,
    c1: Annotated[int, Range(1)],
    c2: Annotated[int, Range(1)],
    dense_units: Annotated[int, Range(1)] = 300,
    dropout_rate: Annotated[float, Range(0, 0.99)] = 0.0,
    dropout_placement: Literal["flatten+dense", "dense+logits"] = "flatten+dense",
    augment: Literal["none", "light"] = "none",
    precision: Literal["float32", "bfloat16"] = "float32",
) -> "keras.Model":
    """The reports' CNN for CIFAR-10 images, with `c1` and `c2` channels.

    C1 9x9 and C2 5x5, both VALID with ReLU, each followed by 2x2 max pooling; a dense layer F3 of
    `dense_units` without activation; logits. With 90/40 channels it has the 307,310 parameters that
    the Tan report prints. Dropout acts after flatten and after F3 (Tan report), or after F3 and on
    the logits (Koh report). `augment` "light" shifts training images by up to two pixels and
    mirrors about half. `precision` "bfloat16" computes all but the logits with eight bits of
    mantissa; the weights and their updates stay float32.
    """
    import keras

    from nnrepro.models.layers.augmentation import light_augmentation
    from nnrepro.models.layers.dropout import dropout
    from nnrepro.models.layers.pooled_convolution import PooledConv2D, suits_this_device

    merged = suits_this_device(task.examples, precision) and not task.inspected
    inputs = keras.Input(task.input_shape, name="image")
    x = light_augmentation(task)(inputs) if augment == "light" else inputs
    dtype = "mixed_bfloat16" if precision == "bfloat16" else "float32"
    for number, (filters, size) in enumerate([(c1, 9), (c2, 5)], start=1):
        options = {"activation": "relu", "dtype": dtype, "name": f"c{number}"}
        if merged:
            x = PooledConv2D(filters, size, **options)(x)
        else:
            x = keras.layers.Conv2D(filters, size, **options)(x)
            x = keras.layers.MaxPooling2D(2, dtype=dtype, name=f"s{number}")(x)
    x = keras.layers.Flatten(dtype=dtype, name="flatten")(x)
    if dropout_placement == "flatten+dense":
        x = dropout(task, dropout_rate, "dropout_flatten")(x)
    x = keras.layers.Dense(dense_units, dtype=dtype, name="f3")(x)
    x = dropout(task, dropout_rate, "dropout_f3")(x)
    x = keras.layers.Dense(task.num_outputs, name="f4")(x)
    if dropout_placement == "dense+logits":
        x = dropout(task, dropout_rate, "dropout_f4")(x)
    return keras.Model(inputs, x, name="image_cnn")
