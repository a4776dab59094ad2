"""A small residual network for images of any size."""

from typing import Annotated

import keras
from keras import layers

from nnrepro.models.registry import Range, Task, register


def _block(x, filters: int, stride: int):
    """Two convolutions beside a short cut (He et al. 2016), normalised over the batch."""
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    y = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(y))
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization(momentum=0.9)(y)
    if stride > 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)
    return layers.ReLU()(x + y)


@register(input="image")
def residual(
    task: Task,
    *,
    filters: Annotated[int, Range(1)] = 8,
    stages: Annotated[int, Range(1, 4)] = 3,
    blocks: Annotated[int, Range(1)] = 1,
) -> keras.Model:
    """A residual network: in each stage half the size and twice the filters of the one before."""
    inputs = keras.Input(task.input_shape)
    x = layers.ReLU()(layers.Conv2D(filters, 3, padding="same")(inputs))
    for stage in range(stages):
        for block in range(blocks):
            x = _block(x, filters * 2**stage, stride=2 if stage and not block else 1)
    return keras.Model(inputs, layers.Dense(task.num_outputs)(layers.GlobalMaxPooling2D()(x)))
