"""Examples and initial weights that all peers share, drawn from fixed seeds by NumPy alone."""

import math

import numpy as np
from numpy.typing import NDArray

from benchmarks.families import (
    CHARACTERS,
    DENSE_UNITS,
    EMBEDDING_SIZE,
    FILTER_HEIGHT,
    FILTERS,
    GATES,
    ONE_HOT_WIDTH,
    TEXT_LENGTH,
    UNITS,
    Family,
)

Floats = NDArray[np.float32]
Shape = tuple[int, ...]


def make_examples(family: Family, seed: int = 1) -> tuple[NDArray, NDArray[np.int32]]:
    """Examples and labels of an epoch.

    Ids near 0 are the frequent ones, as in texts; labels are independent of the examples, so that
    the loss of a right implementation stays near that of guessing.

    Returns:
        Images float32 [n, 32, 32, 3] in [0, 1), or ids int32 [n, 100]; labels int32 [n].
    """
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, family.classes, family.examples).astype(np.int32)
    if family.input == "image":
        return generator.random((family.examples, 32, 32, 3), dtype=np.float32), labels
    uniform = generator.random((family.examples, TEXT_LENGTH))
    return (uniform**3 * family.vocabulary_size).astype(np.int32), labels


def weight_shapes(family: Family) -> list[Shape]:
    """Shapes of the trainable weights in Keras's order, one-hot kernels at their full width."""
    if family.input == "image":
        c1, c2 = family.parameters["c1"], family.parameters["c2"]
        return [
            *((9, 9, 3, c1), (c1,)),
            *((5, 5, c1, c2), (c2,)),
            *((16 * c2, DENSE_UNITS), (DENSE_UNITS,)),
            *((DENSE_UNITS, family.classes), (family.classes,)),
        ]
    words = family.input == "words"
    embedding: list[Shape] = [(family.vocabulary_size, EMBEDDING_SIZE)] if words else []
    width = EMBEDDING_SIZE if words else ONE_HOT_WIDTH
    if family.is_recurrent:
        hidden, body = UNITS, _recurrent_shapes(family, width)
    else:
        hidden = 11 * FILTERS  # 100 ids: 81 windows, pooled to 41, 22 windows, pooled to 11
        body = [
            *((FILTER_HEIGHT, width, 1, FILTERS), (FILTERS,)),
            *((FILTER_HEIGHT, 1, FILTERS, FILTERS), (FILTERS,)),
        ]
    return [*embedding, *body, (hidden, family.classes), (family.classes,)]


def _recurrent_shapes(family: Family, width: int) -> list[Shape]:
    cell = family.parameters["cell"]
    columns = GATES[cell] * UNITS
    bias: Shape = (2, columns) if cell == "gru" else (columns,)
    shapes: list[Shape] = []
    for layer in range(family.parameters["layers"]):
        shapes += [(UNITS if layer else width, columns), (UNITS, columns), bias]
    return shapes


def initial_weights(family: Family, seed: int = 2) -> list[Floats]:
    """Initial weights in Keras's order: uniform within Glorot's limits; biases 0.

    Every peer starts from these, so that their losses must agree number for number.
    """
    generator = np.random.default_rng(seed)
    shapes = weight_shapes(family)
    embeddings = family.input == "words"
    return [_draw(generator, shape, embeddings and at == 0) for at, shape in enumerate(shapes)]


def _draw(generator: np.random.Generator, shape: Shape, embedding: bool) -> Floats:
    if len(shape) == 1 or shape[0] == 2:
        return np.zeros(shape, np.float32)
    field = math.prod(shape[:-2])
    limit = 0.05 if embedding else math.sqrt(6 / (field * (shape[-2] + shape[-1])))
    return generator.uniform(-limit, limit, shape).astype(np.float32)


def fitted(weights: list[Floats], shapes: list[Shape]) -> list[Floats]:
    """`weights` cut to `shapes`, whose one-hot axis may be narrower."""
    return [
        weight[tuple(slice(size) for size in shape)]
        for weight, shape in zip(weights, shapes, strict=True)
    ]


def parameter_counts(family: Family) -> tuple[int, int]:
    """Parameters at full one-hot width, and with the rows of the characters in use alone."""
    full = sum(math.prod(shape) for shape in weight_shapes(family))
    if family.input != "characters":
        return full, full
    rows = GATES[family.parameters["cell"]] * UNITS if family.is_recurrent else 0
    per_character = rows or FILTER_HEIGHT * FILTERS
    return full, full - (ONE_HOT_WIDTH - CHARACTERS) * per_character
