"""The RNNs of Part B: GRU, LSTM and vanilla, over one-hot characters and over embedded words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from nnrepro.models.registry import Range, Task, register

if TYPE_CHECKING:
    import keras

Cell = Literal["gru", "lstm", "vanilla"]


def _operations(settings: Mapping[str, Any], width: int = 0) -> float:
    """Of 100 steps and 15 logits; the input projection of characters is a look-up."""
    units, layers = int(settings["units"]), int(settings["layers"])
    columns = units * {"vanilla": 1, "gru": 3, "lstm": 4}[str(settings["cell"])]
    inputs = width + (layers - 1) * units
    return 2.0 * 100 * columns * (inputs + layers * units) + 2.0 * units * 15


def _of_words(settings: Mapping[str, Any]) -> float:
    return _operations(settings, int(settings["embedding_size"]))


# Many small operations one after another: on CPU, XLA takes a ninth of the plain graph's time.
@register(input="characters", xla_on=("cpu", "gpu"), operations=_operations, speed=11e9)
def char_rnn(
    task: Task,
    *,
    cell: Cell = "gru",
    units: Annotated[int, Range(1)] = 20,
    layers: Annotated[int, Range(1)] = 1,
    dropout_rate: Annotated[float, Range(0, 0.99)] = 0.0,
    mask_padding: bool = False,
) -> "keras.Model":
    """The character RNN: recurrent layers over one-hot characters, last hidden state to logits.

    `units` is the width of the hidden state; all `layers` but the last return their sequence;
    dropout is after the last hidden state. `mask_padding` takes that at the end of the text, as
    under Keras's masking, and not that after its padding.
    """
    import keras

    from nnrepro.models.layers.one_hot import ONE_HOT_WIDTH
    from nnrepro.models.layers.recurrent import Recurrence

    ids = keras.Input(task.input_shape, dtype="int32", name="characters")
    first = Recurrence(
        units,
        cell,
        return_sequences=layers > 1 or mask_padding,
        vocabulary_size=task.vocabulary_size,
        one_hot_width=ONE_HOT_WIDTH,
        name="rnn1",
    )
    x = _last_state(
        ids, first(ids), cell=cell, units=units, layers=layers, mask_padding=mask_padding
    )
    return _classifier(task, ids, x, dropout_rate, name="char_rnn")


@register(input="words", xla_on=("cpu", "gpu"), operations=_of_words, speed=12e9)
def word_rnn(
    task: Task,
    *,
    cell: Cell = "gru",
    units: Annotated[int, Range(1)] = 20,
    layers: Annotated[int, Range(1)] = 1,
    embedding_size: Annotated[int, Range(1)] = 20,
    dropout_rate: Annotated[float, Range(0, 0.99)] = 0.0,
    mask_padding: bool = False,
) -> "keras.Model":
    """The word RNN: a learned embedding, recurrent layers, last hidden state to logits.

    As `char_rnn`; `embedding_size` numbers stand for a word.
    """
    import keras

    from nnrepro.models.layers.recurrent import Recurrence

    ids = keras.Input(task.input_shape, dtype="int32", name="words")
    x = keras.layers.Embedding(task.vocabulary_size, embedding_size, name="embedding")(ids)
    x = Recurrence(units, cell, return_sequences=layers > 1 or mask_padding, name="rnn1")(x)
    x = _last_state(ids, x, cell=cell, units=units, layers=layers, mask_padding=mask_padding)
    return _classifier(task, ids, x, dropout_rate, name="word_rnn")


def _last_state(
    ids: "keras.KerasTensor",
    first: "keras.KerasTensor",
    *,
    cell: Cell,
    units: int,
    layers: int,
    mask_padding: bool,
) -> "keras.KerasTensor":
    """The last hidden state of the last layer, from what the first layer gives.

    All layers but the last return their sequence; the last does so where padding is masked.
    """
    from nnrepro.models.layers.last_step import LastRealStep
    from nnrepro.models.layers.recurrent import Recurrence

    x = first
    for layer in range(2, layers + 1):
        sequence = layer < layers or mask_padding
        x = Recurrence(units, cell, return_sequences=sequence, name=f"rnn{layer}")(x)
    return LastRealStep(name="last_step")(x, ids) if mask_padding else x


def _classifier(
    task: Task, inputs: "keras.KerasTensor", hidden: "keras.KerasTensor", rate: float, *, name: str
) -> "keras.Model":
    """Dropout and logits on the last hidden state."""
    import keras

    from nnrepro.models.layers.dropout import dropout

    x = dropout(task, rate, "dropout")(hidden)
    x = keras.layers.Dense(task.num_outputs, name="logits")(x)
    return keras.Model(inputs, x, name=name)
