"""The CNNs of Part B: over one-hot characters and over embedded words.

Both have two convolutions with ReLU, each followed by 4x4 max pooling with stride 2 (SAME), and a
dense layer of logits on the flattened maps. Convolutions are as wide as their input (VALID), so
their maps are one column wide.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from nnrepro.models.registry import Range, Task, register

if TYPE_CHECKING:
    import keras


def _of_characters(settings: Mapping[str, Any]) -> float:
    """The first convolution is a look-up, so it only adds."""
    filters = int(settings["filters"])
    return 81.0 * 20 * filters + _rest(filters)


def _of_words(settings: Mapping[str, Any]) -> float:
    filters, width = int(settings["filters"]), int(settings["embedding_size"])
    return 2.0 * 81 * 20 * width * filters + _rest(filters)


def _rest(filters: int) -> float:
    """From 81 rows pooled to 41: the second convolution, 20 rows high; 22 rows pooled to 11."""
    return 2.0 * (22 * 20 * filters * filters + 11 * filters * 15)


# Look-ups, sums and small products: on CPU, XLA takes two fifths of the plain graph's time, and a
# twentieth of that of Keras's Conv2D on vectors 256 wide (two threads).
@register(input="characters", xla_on=("cpu", "gpu"), operations=_of_characters, speed=4e9)
def char_cnn(
    task: Task,
    *,
    filters: Annotated[int, Range(1)] = 10,
    dropout_rate: Annotated[float, Range(0, 0.99)] = 0.0,
) -> "keras.Model":
    """The character CNN: filters 20x256 over one-hot characters, 20x1; dropout after flatten."""
    import keras

    from nnrepro.models.layers.convolution import FullWidthConv2D
    from nnrepro.models.layers.dropout import dropout
    from nnrepro.models.layers.one_hot import OneHotConv2D
    from nnrepro.models.layers.pooling import RowMaxPooling2D

    ids = keras.Input(task.input_shape, dtype="int32", name="characters")
    x = OneHotConv2D(filters, 20, task.vocabulary_size, activation="relu", name="c1")(ids)
    x = RowMaxPooling2D(4, 2, name="s1")(x)
    x = FullWidthConv2D(filters, 20, activation="relu", as_product=True, name="c2")(x)
    x = RowMaxPooling2D(4, 2, name="s2")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    x = dropout(task, dropout_rate, "dropout")(x)
    x = keras.layers.Dense(task.num_outputs, name="logits")(x)
    return keras.Model(ids, x, name="char_cnn")


# Dense convolutions: on CPU, oneDNN takes 0.36 s an epoch and compiles in half a second. XLA, with
# products in place of convolutions, takes 0.30 s (two threads) or 0.54 s (one), and three seconds.
@register(input="words", operations=_of_words, speed=30e9)
def word_cnn(
    task: Task,
    *,
    filters: Annotated[int, Range(1)] = 10,
    embedding_size: Annotated[int, Range(1)] = 20,
    dropout_rate: Annotated[float, Range(0, 0.99)] = 0.0,
) -> "keras.Model":
    """The word CNN: a learned embedding, filters 20 words high and as wide as it, then 20x1.

    `embedding_size` numbers stand for a word; dropout is after flatten.
    """
    import keras

    from nnrepro.models.layers.convolution import FullWidthConv2D
    from nnrepro.models.layers.dropout import dropout

    ids = keras.Input(task.input_shape, dtype="int32", name="words")
    x = keras.layers.Embedding(task.vocabulary_size, embedding_size, name="embedding")(ids)
    x = keras.layers.Reshape((*task.input_shape, embedding_size, 1), name="map")(x)
    x = FullWidthConv2D(filters, 20, activation="relu", name="c1")(x)
    x = keras.layers.MaxPooling2D(4, 2, padding="same", name="s1")(x)
    x = FullWidthConv2D(filters, 20, activation="relu", name="c2")(x)
    x = keras.layers.MaxPooling2D(4, 2, padding="same", name="s2")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    x = dropout(task, dropout_rate, "dropout")(x)
    x = keras.layers.Dense(task.num_outputs, name="logits")(x)
    return keras.Model(ids, x, name="word_cnn")
