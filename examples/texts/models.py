"""Two models of a text: a bag of its words, and a Transformer's encoder."""

from typing import Annotated

import keras

from nnrepro.models.registry import Range, Task, register


@keras.saving.register_keras_serializable("texts")
class Positions(keras.layers.Layer):
    """Adds a learned vector for each place in a text."""

    supports_masking = True

    def build(self, shape):
        """One vector for each place, of the width of the words'."""
        self.table = self.add_weight(shape=shape[1:], initializer="random_normal")

    def call(self, words):
        """Words float32 [texts, places, width] with their places' vectors."""
        return words + self.table


@register(input="words")
def bag(task: Task, *, width: Annotated[int, Range(1)] = 32) -> keras.Model:
    """A bag of words: the mean of their vectors, whatever their order."""
    ids = keras.Input(task.input_shape, dtype="int32")
    words = keras.layers.Embedding(task.vocabulary_size, width, mask_zero=True)(ids)
    mean = keras.layers.GlobalAveragePooling1D()(words)
    return keras.Model(ids, keras.layers.Dense(task.num_outputs)(mean))


@register(input="words")
def encoder(
    task: Task,
    *,
    width: Annotated[int, Range(1)] = 32,
    heads: Annotated[int, Range(1)] = 2,
    blocks: Annotated[int, Range(1)] = 1,
) -> keras.Model:
    """A Transformer's encoder (Vaswani et al., 2017), with normalisation ahead of each part."""
    ids = keras.Input(task.input_shape, dtype="int32")
    x = keras.layers.Embedding(task.vocabulary_size, width, mask_zero=True)(ids)
    x = Positions()(x)
    for _ in range(blocks):
        y = keras.layers.LayerNormalization()(x)
        x = x + keras.layers.MultiHeadAttention(heads, max(1, width // heads))(y, y)
        y = keras.layers.LayerNormalization()(x)
        y = keras.layers.Dense(2 * width, activation="gelu")(y)
        x = x + keras.layers.Dense(width)(y)
    mean = keras.layers.GlobalAveragePooling1D()(keras.layers.LayerNormalization()(x))
    return keras.Model(ids, keras.layers.Dense(task.num_outputs)(mean))
