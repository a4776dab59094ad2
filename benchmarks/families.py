"""The model families that are measured, at the sizes of the two reports' assignment.

A family is a model, an input and an optimiser. Everything a peer must agree on with the others
follows from it: shapes, initial weights, examples, batch size and learning rate.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

BATCH_SIZE = 128
TEXT_LENGTH = 100
ONE_HOT_WIDTH = 256
CHARACTERS = 39
WORDS = 35_235
EMBEDDING_SIZE = 20
UNITS = 20
FILTERS = 10
FILTER_HEIGHT = 20
TEXT_CLASSES = 15
IMAGE_CLASSES = 10
DENSE_UNITS = 300
GATES = MappingProxyType({"gru": 3, "lstm": 4, "vanilla": 1})
EXAMPLES = MappingProxyType({"image": 10_000, "characters": 5_600, "words": 5_600})


@dataclass(frozen=True)
class Family:
    """One model that all peers train.

    Attributes:
        name: how the command line calls it.
        title: how the table calls it.
        model: name of the model in `nnrepro.models`.
        input: `image`, `characters` or `words`.
        optimizer: `sgd` or `adam`; all else about it is Keras's default.
        learning_rate: its learning rate.
        parameters: the model's parameters, as a configuration gives them.
    """

    name: str
    title: str
    model: str
    input: str
    optimizer: str
    learning_rate: float
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def examples(self) -> int:
        """Training examples, one epoch."""
        return EXAMPLES[self.input]

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch; the last one is smaller than the others."""
        return -(-self.examples // BATCH_SIZE)

    @property
    def classes(self) -> int:
        """Width of the output."""
        return IMAGE_CLASSES if self.input == "image" else TEXT_CLASSES

    @property
    def vocabulary_size(self) -> int:
        """Number of ids; 0 for images."""
        return {"image": 0, "characters": CHARACTERS, "words": WORDS}[self.input]

    @property
    def is_recurrent(self) -> bool:
        """Whether it is an RNN."""
        return self.model.endswith("_rnn")


def _rnns(input: str, short: str) -> list[Family]:
    variants: dict[str, tuple[str, dict[str, Any]]] = {
        "gru": ("GRU", {"cell": "gru", "layers": 1}),
        "lstm": ("LSTM", {"cell": "lstm", "layers": 1}),
        "vanilla": ("vanilla RNN", {"cell": "vanilla", "layers": 1}),
        "gru_2layer": ("GRU, 2 layers", {"cell": "gru", "layers": 2}),
    }
    return [
        Family(f"{short}_{key}", f"{short} {title}", f"{short}_rnn", input, "adam", 0.01, options)
        for key, (title, options) in variants.items()
    ]


def _image(c1: int, c2: int) -> Family:
    return Family(
        f"image_{c1}_{c2}",
        f"image CNN {c1}/{c2}",
        "image_cnn",
        "image",
        "sgd",
        0.001,
        {"c1": c1, "c2": c2},
    )


_ALL = (
    Family("char_cnn", "char CNN", "char_cnn", "characters", "sgd", 0.01),
    Family("word_cnn", "word CNN", "word_cnn", "words", "sgd", 0.01),
    *_rnns("characters", "char"),
    *_rnns("words", "word"),
    _image(50, 60),
    _image(90, 100),
)
FAMILIES = MappingProxyType({family.name: family for family in _ALL})
